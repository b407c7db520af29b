using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent;

/// <summary>This program once more, as the process that decodes JPEG 2000 for itself.</summary>
internal static class Jpeg2000Process
{
    /// <summary>Not for people, so not in the help.</summary>
    public const string Verb = "decode-jpeg2000";

    /// <summary>Has JPEG 2000 decoded where libopenjp2 is on this machine; without it those transfer syntaxes stay refused.</summary>
    public static void Offer()
    {
        if (Jpeg2000Decoder.IsInstalled) PixelDecoders.Jpeg2000 = new Jpeg2000Decoder(() => OwnProgram.With(Verb));
    }

    /// <summary>Whether it works, tried once. Where it does not, the syntaxes are refused from now on.</summary>
    /// <returns>What to do about it; null when all is well.</returns>
    public static string? Trouble(CancellationToken cancellation)
    {
        if (PixelDecoders.Jpeg2000 is not { } decoder)
            return "JPEG 2000 is refused: libopenjp2 is not on this machine (apt-get install libopenjp2-7)";
        try
        {
            decoder.Probe(cancellation);
            return null;
        }
        catch (InvalidOperationException e)
        {
            PixelDecoders.Jpeg2000 = null;
            return $"JPEG 2000 is refused: {e.Message}";
        }
    }

    /// <summary>Serves our other half until it is gone.</summary>
    public static int Run()
    {
        using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
        Jpeg2000Worker.Run(input, output, TimeSpan.FromSeconds(30));
        return 0;
    }
}
