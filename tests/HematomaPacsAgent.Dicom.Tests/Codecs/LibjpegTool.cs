using System.Globalization;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

/// <summary>
/// The <c>jpeg</c> program of Debian's libjpeg-tools: it writes what DCMTK's encoders do not (restart intervals, DNL, 12-bit precision).
/// </summary>
internal static class LibjpegTool
{
    /// <summary>An unsigned frame, coded at the precision of its bits stored, and what the program's own decoder makes of that.</summary>
    public static async Task<(CodedFrame Coded, CodedFrame Decoded)> CodeAsync(CodedFrame native, params string[] options)
    {
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(folder["native.pnm"], ToPortableMap(native), TestContext.Current.CancellationToken);
        await RunAsync([.. options, folder["native.pnm"], folder["coded.jpg"]]);
        await RunAsync(["-c", folder["coded.jpg"], folder["decoded.pnm"]]);
        byte[] decoded = await File.ReadAllBytesAsync(folder["decoded.pnm"], TestContext.Current.CancellationToken);
        return (native with { Bytes = await File.ReadAllBytesAsync(folder["coded.jpg"], TestContext.Current.CancellationToken) },
            native with { Bytes = Swapped(decoded[^native.Format.FrameBytes..], native.Format) });
    }

    private static async Task RunAsync(string[] arguments)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("jpeg", "libjpeg-tools"), arguments, cancellation);
        Assert.True(exitCode == 0, $"jpeg {string.Join(' ', arguments)}: {output}");
    }

    private static byte[] ToPortableMap(CodedFrame frame)
    {
        PixelFormat format = frame.Format;
        string header = string.Create(CultureInfo.InvariantCulture,
            $"P{(format.SamplesPerPixel == 1 ? 5 : 6)}\n{format.Columns} {format.Rows}\n{(1 << format.BitsStored) - 1}\n");
        return [.. System.Text.Encoding.ASCII.GetBytes(header), .. Swapped(frame.Bytes, format)];
    }

    /// <summary>Portable maps are big endian.</summary>
    private static byte[] Swapped(byte[] bytes, PixelFormat format)
    {
        byte[] swapped = [.. bytes];
        if (format.BytesPerSample == 2)
            for (int i = 0; i < swapped.Length; i += 2) (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
        return swapped;
    }
}
