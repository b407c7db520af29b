using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

public sealed class HostileStreamTests
{
    private const int Mutants = 300;

    public static TheoryData<string> Codecs() => ["rle", "jpeg-lossless", "jpeg-ls"];

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task A_stream_cut_off_anywhere_is_refused_or_decodes_whole(string codec)
    {
        IPixelDecoder decoder = Decoder(codec);
        foreach (CodedFrame coded in await SeedsAsync(codec))
        {
            byte[] whole = coded.Decode(decoder);
            int refused = 0;
            for (int length = 0; length < coded.Bytes.Length; length++)
                try
                {
                    TestFrames.AssertSame(whole, (coded with { Bytes = coded.Bytes[..length] }).Decode(decoder));
                }
                catch (DicomFormatException)
                {
                    refused++;
                }

            // Only what follows the last sample (padding, EOI, DNL) may be missing.
            Assert.InRange(refused, coded.Bytes.Length - 12, coded.Bytes.Length);
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task A_mutated_stream_decodes_or_is_refused(string codec) => Feed(codec, await SeedsAsync(codec),
        (seeds, parse, share) => Fuzz.Run(seeds, parse, IsClear, (int)(Mutants * share)));

    [Theory(Explicit = true)]
    [MemberData(nameof(Codecs))]
    public async Task A_mutated_stream_decodes_or_is_refused_for_long(string codec) => Feed(codec, await SeedsAsync(codec),
        (seeds, parse, share) => Fuzz.RunFor(Fuzz.LongStudy * share, seeds, parse, IsClear));

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task Noise_behind_a_good_header_decodes_or_is_refused(string codec)
    {
        foreach (CodedFrame coded in await SeedsAsync(codec))
            for (int seed = 0; seed < 10; seed++)
            {
                byte[] bytes = [.. coded.Bytes];
                new Random(seed).NextBytes(bytes.AsSpan(bytes.Length / 3));
                Try(Decoder(codec), coded.Format, bytes);
            }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task A_cancelled_decode_stops(string codec)
    {
        CodedFrame coded = (await SeedsAsync(codec))[0];
        Assert.Throws<OperationCanceledException>(() =>
            Decoder(codec).Decode(coded.Bytes, coded.Format, new byte[coded.Format.FrameBytes], new CancellationToken(canceled: true)));
        Assert.Throws<ArgumentException>(() => Decoder(codec).Decode(coded.Bytes, coded.Format, new byte[1], CancellationToken.None));
    }

    [Theory]
    [InlineData("jpeg-lossless", 0xC3)]
    [InlineData("jpeg-ls", 0xF7)]
    public async Task A_header_that_differs_from_the_data_set_is_refused_before_memory_is_taken(string codec, int frameMarker)
    {
        CodedFrame coded = (await SeedsAsync(codec))[0];
        int header = coded.Bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, (byte)frameMarker]) + 4;
        CodedFrame With(int at, byte value)
        {
            byte[] bytes = [.. coded.Bytes];
            bytes[header + at] = value;
            return coded with { Bytes = bytes };
        }

        Assert.Contains("bits", With(0, 17).Refused(Decoder(codec)).Message, StringComparison.Ordinal);
        Assert.Contains("Columns", With(1, 0xFF).Refused(Decoder(codec)).Message, StringComparison.Ordinal);
        Assert.Contains("Columns", With(3, 0xFF).Refused(Decoder(codec)).Message, StringComparison.Ordinal);
        Assert.Contains("components", With(5, 3).Refused(Decoder(codec)).Message, StringComparison.Ordinal);

        PixelFormat large = new(8192, 8192, 1, 16, 16, isSigned: false);
        byte[] target = new byte[large.FrameBytes];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DicomFormatException>(() => Decoder(codec).Decode(coded.Bytes, large, target, CancellationToken.None));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static bool IsClear(Exception exception) => exception is DicomFormatException;

    private static IPixelDecoder Decoder(string codec) => codec switch
    {
        "rle" => RleDecoder.Instance,
        "jpeg-lossless" => JpegLosslessDecoder.Instance,
        _ => JpegLsDecoder.Instance,
    };

    /// <summary>Small frames that take different ways through the decoder. The first has 16 bits and one sample.</summary>
    private static async Task<List<CodedFrame>> SeedsAsync(string codec)
    {
        CodedFrame grey = TestFrames.Make("mixed", 19, 23, 16), colour = TestFrames.Make("mixed", 19, 23, 8, samples: 3);
        CodedFrame flat = TestFrames.Make("flat", 19, 23, 12);
        return codec switch
        {
            "rle" => [await grey.ThroughAsync("dcmcrle"), await colour.ThroughAsync("dcmcrle"), await flat.ThroughAsync("dcmcrle")],
            "jpeg-lossless" =>
            [
                await grey.ThroughAsync("dcmcjpeg", "+e1"),
                await grey.ThroughAsync("dcmcjpeg", "+el", "+sv", "6", "+pt", "2"),
                await colour.ThroughAsync("dcmcjpeg", "+el", "+sv", "7"),
                (await LibjpegTool.CodeAsync(flat, "-p", "-c", "-z", "46", "-n")).Coded,
            ],
            _ =>
            [
                await grey.ThroughAsync("dcmcjpls", "+el"),
                await grey.ThroughAsync("dcmcjpls", "+en"),
                await colour.ThroughAsync("dcmcjpls", "+el", "+is"),
                await flat.ThroughAsync("dcmcjpls", "+el"),
                (await LibjpegTool.CodeAsync(colour, "-ls", "0", "-c", "-z", "4", "-n")).Coded,
            ],
        };
    }

    /// <summary>Feeds the seeds of each pixel format apart, with the share of them all that they are.</summary>
    private static void Feed(string codec, List<CodedFrame> seeds, Action<IReadOnlyList<byte[]>, Action<byte[]>, double> feed)
    {
        foreach (IGrouping<PixelFormat, CodedFrame> group in seeds.GroupBy(seed => seed.Format))
            feed([.. group.Select(seed => seed.Bytes)],
                mutant => Decoder(codec).Decode(mutant, group.Key, new byte[group.Key.FrameBytes], CancellationToken.None),
                (double)group.Count() / seeds.Count);
    }

    private static void Try(IPixelDecoder decoder, PixelFormat format, byte[] bytes)
    {
        try
        {
            decoder.Decode(bytes, format, new byte[format.FrameBytes], TestContext.Current.CancellationToken);
        }
        catch (DicomFormatException)
        {
            // As good an answer as pixels.
        }
    }
}
