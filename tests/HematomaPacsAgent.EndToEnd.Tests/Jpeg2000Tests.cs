using System.Diagnostics;
using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.Pipeline.Phantoms;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>JPEG 2000 in the real process that decodes it, which is the agent's own program.</summary>
public sealed class Jpeg2000Tests : IDisposable
{
    private const string Lossless = "ct-transfer-syntaxes/CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm";

    private readonly TemporaryFolder folder = new();
    private readonly Jpeg2000Decoder decoder = new(() => new ProcessStartInfo("dotnet", [AgentProcess.Program, "decode-jpeg2000"]));

    [Theory]
    [InlineData(Lossless, "ct-transfer-syntaxes/CTImage.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT1_J2KR.dcm", "ct-transfer-syntaxes-nema/CT1_UNC.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT2_J2KR.dcm", "ct-transfer-syntaxes-nema/CT2_UNC.dcm")]
    [InlineData("dicom-edge-cases/693_J2KR.dcm", "dicom-edge-cases/693_UNCR.dcm")]
    public void A_losslessly_compressed_image_decodes_to_the_uncompressed_one(string compressed, string uncompressed)
    {
        Require();
        var (format, stream) = Open(compressed);
        Assert.Equal(Native(SharedFiles.Data(uncompressed)), Decode(stream, format));
    }

    [Theory]
    [InlineData("ct-transfer-syntaxes/CTImage.dcm_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT2_J2KI.dcm")]
    public async Task Any_image_decodes_as_GDCM_decodes_it(string name)
    {
        Require();
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("gdcmconv", "libgdcm-tools"), ["--raw", SharedFiles.Data(name),
            folder["raw.dcm"]], TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
        var (format, stream) = Open(name);
        Assert.Equal(Native(folder["raw.dcm"]), Decode(stream, format));
    }

    /// <summary>Its stream says unsigned, its data set signed. GDCM leaves the bits above the 13 stored empty; ours are the sign, so that each pixel is its value.</summary>
    [Fact]
    public void The_data_set_says_whether_pixels_are_signed()
    {
        Require();
        var (format, stream) = Open("dicom-edge-cases/J2K_pixelrep_mismatch.dcm");
        Assert.Equal((13, true), (format.BitsStored, format.IsSigned));
        Assert.Equal(-2000, BitConverter.ToInt16(Decode(stream, format)));
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(12, false)]
    [InlineData(16, false)]
    [InlineData(16, true)]
    public async Task What_GDCM_encodes_without_loss_comes_back(int bits, bool signed)
    {
        Require();
        Random random = new(1);
        byte[] pixels = new byte[97 * 130 * (bits > 8 ? 2 : 1)];
        for (int i = 0; i < 97 * 130; i++)
        {
            int value = random.Next(5) == 0 ? random.Next(1 << bits) : i * 3 & (1 << bits) - 1;
            if (bits == 8) pixels[i] = (byte)value;
            else BitConverter.TryWriteBytes(pixels.AsSpan(2 * i), (ushort)value);
        }

        new DicomFile(new DicomDataset().AddOrUpdate(DicomTag.SOPClassUID,
            DicomUID.SecondaryCaptureImageStorage).AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("j2k"))
            .AddOrUpdate(DicomTag.SamplesPerPixel, 1).AddOrUpdate(DicomTag.PhotometricInterpretation,
                "MONOCHROME2").AddOrUpdate(DicomTag.Rows, 97).AddOrUpdate(DicomTag.Columns, 130)
            .AddOrUpdate(DicomTag.BitsAllocated, bits > 8
                ? 16 : 8).AddOrUpdate(DicomTag.BitsStored, bits).AddOrUpdate(DicomTag.HighBit, bits - 1)
            .AddOrUpdate(DicomTag.PixelRepresentation, signed ? 1 : 0).AddOrUpdate(bits > 8
                ? DicomVR.OW : DicomVR.OB, DicomTag.PixelData, pixels),
            DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder["native.dcm"]);
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("gdcmconv", "libgdcm-tools"), ["--j2k", folder["native.dcm"],
            folder["coded.dcm"]], TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
        var (format, stream) = Open(folder["coded.dcm"]);
        Assert.Equal(pixels, Decode(stream, format));
    }

    [Fact]
    public async Task A_head_CT_in_JPEG_2000_loads_to_the_same_volume()
    {
        Require();
        VolumeGeometry geometry = new(128, 128, Vector3.UnitX, Vector3.UnitY, 1, 1,
            [.. Enumerable.Range(0, 8).Select(k => new Vector3(0, 0, 5 * k))], 5);
        Volume volume = new(geometry, [.. Enumerable.Range(0, 128 * 128 * 8).Select(i => (short)(i * 7 % 3000 - 1000))]);
        List<string> coded = [];
        foreach (string file in PhantomSeries.Write(folder["ct"], volume, "j2k"))
        {
            coded.Add(file + ".j2k");
            var (exitCode, output) = await Programs.RunAsync(Programs.Find("gdcmconv", "libgdcm-tools"), ["--j2k", file, coded[^1]],
                TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, output);
            Assert.Equal("1.2.840.10008.1.2.4.90", DicomFile.Open(coded[^1]).TransferSyntax.Uid.Value);
        }

        Jpeg2000Decoder? before = PixelDecoders.Jpeg2000;
        try
        {
            PixelDecoders.Jpeg2000 = decoder;
            CtSeries series = CtSeriesLoader.Load(coded, TestContext.Current.CancellationToken);
            Assert.Equal(volume.Hounsfield, series.Volume.Hounsfield);
            Assert.Empty(series.Warnings);
        }
        finally
        {
            PixelDecoders.Jpeg2000 = before;
        }
    }

    [Fact]
    public async Task High_throughput_JPEG_2000_decodes_what_OpenJPH_encodes()
    {
        Require();
        string node = Programs.Find("node", "nodejs");
        var (format, _) = Open(Lossless);
        File.WriteAllBytes(folder["pixels.raw"], Native(SharedFiles.Data("ct-transfer-syntaxes/CTImage.dcm")));
        File.WriteAllText(folder["package.json"], """{ "private": true, "dependencies": { "@cornerstonejs/codec-openjph": "2.4.11" } }""");
        var (installed, says) = await Programs.RunAsync(Programs.Find("npm", "npm"), ["install", "--silent", "--no-audit", "--no-fund"],
            TestContext.Current.CancellationToken, workingDirectory: folder.Path);
        if (installed != 0) Assert.Skip($"npm cannot install codec-openjph: {says}");
        File.WriteAllText(folder["encode.cjs"], $$"""
            const fs = require('fs'); const OpenJPH = require('@cornerstonejs/codec-openjph');
            (OpenJPH.default ?? OpenJPH)().then(jph => {
              const encoder = new jph.HTJ2KEncoder();
              encoder.getDecodedBuffer({ width: {{format.Columns}}, height: {{format.Rows}}, bitsPerSample: 16, componentCount: 1, isSigned: {{(format.IsSigned ? "true" : "false")}}, isUsingColorTransform: false })
                .set(fs.readFileSync('pixels.raw'));
              encoder.setQuality(true, 0); encoder.encode(); fs.writeFileSync('coded.j2c', encoder.getEncodedBuffer());
            });
            """);
        var (encoded, trouble) = await Programs.RunAsync(node, ["encode.cjs"], TestContext.Current.CancellationToken,
            workingDirectory: folder.Path);
        Assert.True(encoded == 0, trouble);
        Assert.Equal(File.ReadAllBytes(folder["pixels.raw"]), Decode(File.ReadAllBytes(folder["coded.j2c"]), format));
    }

    [Fact]
    public void A_hostile_stream_is_refused_and_the_next_one_decodes()
    {
        Require();
        var (format, stream) = Open(Lossless);
        byte[] expected = Decode(stream, format);
        Assert.Throws<DicomFormatException>(() => Decode(stream[..(stream.Length / 2)], format));
        Assert.Throws<DicomFormatException>(() => Decode([], format));
        byte[] garbled = [.. stream];
        Array.Fill<byte>(garbled, 0x55, 40, 60);
        Assert.Throws<DicomFormatException>(() => Decode(garbled, format));
        Assert.Equal(expected, Decode(stream, format));
    }

    [Fact]
    public void Mutants_are_decoded_or_refused()
    {
        Require();
        Fuzz.Run([Open(Lossless).Stream], Try, e => e is DicomFormatException, 100);
    }

    [Fact(Explicit = true)]
    public void Mutants_are_decoded_or_refused_for_long()
    {
        Require();
        Fuzz.RunFor(Fuzz.LongStudy, [Open(Lossless).Stream], Try, e => e is DicomFormatException);
    }

    public void Dispose()
    {
        decoder.Dispose();
        folder.Dispose();
    }

    private static void Require()
    {
        if (!Jpeg2000Decoder.IsInstalled) Assert.Skip("libopenjp2 not installed: apt-get install libopenjp2-7");
    }

    private void Try(byte[] mutant) => Decode(mutant, new PixelFormat(512, 512, 1, 16, 16, true));

    private byte[] Decode(byte[] stream, PixelFormat format)
    {
        byte[] target = new byte[format.FrameBytes];
        decoder.Decode(stream, format, target, TestContext.Current.CancellationToken);
        return target;
    }

    private static (PixelFormat Format, byte[] Stream) Open(string name)
    {
        DicomDataset dataset = DicomFile.Open(Path.IsPathRooted(name) ? name : SharedFiles.Data(name)).Dataset;
        int Number(DicomTag tag) => dataset.GetSingleValue<int>(tag);
        PixelFormat format = new(Number(DicomTag.Rows), Number(DicomTag.Columns), Number(DicomTag.SamplesPerPixel),
            Number(DicomTag.BitsAllocated), Number(DicomTag.BitsStored),
            Number(DicomTag.PixelRepresentation) == 1);
        Assert.True(dataset.TryGetItem(DicomTag.PixelData, out DicomItem? pixels));
        return (format, [.. ((DicomFragmentSequence)pixels).Fragments.Skip(1).SelectMany(fragment => fragment.Bytes.ToArray())]);
    }

    private static byte[] Native(string path)
    {
        DicomFile file = DicomFile.Open(path);
        return new DicomPixelData(file.Dataset, file.TransferSyntax).GetFrame(0, TestContext.Current.CancellationToken);
    }
}
