using BenchmarkDotNet.Attributes;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Benchmarks;

/// <summary>One 512 x 512 CT slice of 16 bits, decoded. Needs the shared data: <c>HEMATOMA_SHARED</c> names their folder.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private const string Stem = "data/ct-transfer-syntaxes/CTImage.dcm";
    private static readonly PixelFormat Format = new(512, 512, 1, 16, 16, isSigned: true);
    private readonly byte[] target = new byte[Format.FrameBytes];
    private byte[] rle = [], jpegLossless = [], jpegLs = [], nearLossless = [];

    [GlobalSetup]
    public void ReadFrames()
    {
        rle = Frame("_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm");
        jpegLossless = Frame("_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm");
        jpegLs = Frame("_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm");
        nearLossless = Frame("_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm");
    }

    [Benchmark]
    public void Rle() => RleDecoder.Instance.Decode(rle, Format, target, CancellationToken.None);

    [Benchmark]
    public void JpegLossless() => JpegLosslessDecoder.Instance.Decode(jpegLossless, Format, target, CancellationToken.None);

    [Benchmark]
    public void JpegLs() => JpegLsDecoder.Instance.Decode(jpegLs, Format, target, CancellationToken.None);

    [Benchmark]
    public void JpegLsNearLossless() => JpegLsDecoder.Instance.Decode(nearLossless, Format, target, CancellationToken.None);

    private static byte[] Frame(string ending)
    {
        string shared = Environment.GetEnvironmentVariable("HEMATOMA_SHARED") is { Length: > 0 } folder ? folder : "../shared";
        DicomDataset dataset = DicomFile.Open(Path.Combine(shared, Stem + ending)).Dataset;
        if (!dataset.TryGetItem(DicomTag.PixelData, out DicomItem? item) || item is not DicomFragmentSequence sequence)
            throw new InvalidDataException($"{Stem}{ending}: no compressed pixel data");
        return [.. sequence.Fragments.Skip(1).SelectMany(fragment => fragment.Bytes.ToArray())];
    }
}
