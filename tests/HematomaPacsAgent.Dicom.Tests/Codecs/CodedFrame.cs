using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

/// <summary>One frame of a file, native or compressed.</summary>
internal sealed record CodedFrame(PixelFormat Format, byte[] Bytes)
{
    public static CodedFrame Open(string path)
    {
        DicomDataset dataset = DicomFile.Open(path).Dataset;
        int Number(DicomTag tag) => dataset.GetSingleValue<int>(tag);
        PixelFormat format = new(Number(DicomTag.Rows), Number(DicomTag.Columns), Number(DicomTag.SamplesPerPixel),
            Number(DicomTag.BitsAllocated), Number(DicomTag.BitsStored), Number(DicomTag.PixelRepresentation) == 1);
        Assert.True(dataset.TryGetItem(DicomTag.PixelData, out DicomItem? item));
        return new CodedFrame(format, item switch
        {
            DicomFragmentSequence sequence => [.. sequence.Fragments.Skip(1).SelectMany(fragment => fragment.Bytes.ToArray())],
            DicomElement element => element.Bytes[..format.FrameBytes].ToArray(),
            _ => throw new InvalidOperationException("no pixel data"),
        });
    }

    /// <summary>The frame's pixels, decoded.</summary>
    public byte[] Decode(IPixelDecoder decoder)
    {
        byte[] target = new byte[Format.FrameBytes];
        decoder.Decode(Bytes, Format, target, TestContext.Current.CancellationToken);
        return target;
    }

    public DicomFormatException Refused(IPixelDecoder decoder) => Assert.Throws<DicomFormatException>(() => Decode(decoder));

    /// <summary>Writes the native frame as a file.</summary>
    public void Save(string path) => new DicomFile(new DicomDataset()
        .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.SecondaryCaptureImageStorage)
        .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("codec test", path))
        .AddOrUpdate(DicomTag.SamplesPerPixel, Format.SamplesPerPixel)
        .AddOrUpdate(DicomTag.PhotometricInterpretation, Format.SamplesPerPixel == 1 ? "MONOCHROME2" : "RGB")
        .AddOrUpdate(DicomTag.PlanarConfiguration, 0)
        .AddOrUpdate(DicomTag.Rows, Format.Rows)
        .AddOrUpdate(DicomTag.Columns, Format.Columns)
        .AddOrUpdate(DicomTag.BitsAllocated, Format.BitsAllocated)
        .AddOrUpdate(DicomTag.BitsStored, Format.BitsStored)
        .AddOrUpdate(DicomTag.HighBit, Format.BitsStored - 1)
        .AddOrUpdate(DicomTag.PixelRepresentation, Format.IsSigned ? 1 : 0)
        .AddOrUpdate(Format.BitsAllocated == 8 ? DicomVR.OB : DicomVR.OW, DicomTag.PixelData, Bytes),
        DicomTransferSyntax.ExplicitVRLittleEndian).Save(path);

    /// <summary>The frame as an outside program writes it: a DCMTK encoder, or a decoder when this one is compressed already.</summary>
    public async Task<CodedFrame> ThroughAsync(string program, params string[] options)
    {
        using TemporaryFolder folder = new();
        Save(folder["native.dcm"]);
        await RunAsync(program, [.. options, folder["native.dcm"], folder["coded.dcm"]]);
        return Open(folder["coded.dcm"]);
    }

    /// <summary>The frame coded, and what DCMTK's own decoder makes of it.</summary>
    public async Task<(CodedFrame Coded, CodedFrame Decoded)> ThroughBothAsync(string encoder, string decoder, params string[] options)
    {
        using TemporaryFolder folder = new();
        Save(folder["native.dcm"]);
        await RunAsync(encoder, [.. options, folder["native.dcm"], folder["coded.dcm"]]);
        await RunAsync(decoder, [folder["coded.dcm"], folder["decoded.dcm"]]);
        return (Open(folder["coded.dcm"]), Open(folder["decoded.dcm"]));
    }

    public static async Task RunAsync(string program, string[] arguments)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var (exitCode, output) = await Programs.RunAsync(Programs.Find(program, "dcmtk"), arguments, cancellation);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}");
    }
}
