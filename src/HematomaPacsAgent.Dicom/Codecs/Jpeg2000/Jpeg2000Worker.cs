using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The process that decodes JPEG 2000: reads requests from standard input, writes frames to standard output, ends when nobody asks
/// any more.</summary>
public static partial class Jpeg2000Worker
{
    /// <summary>Memory that it may take, in bytes. A CT slice takes some 10 MB.</summary>
    public const long MemoryLimit = 1L << 30;

    // RLIMIT_DATA; RLIMIT_AS would not even let the runtime start. RLIMIT_CORE: a core dump would hold a patient's image.
    private const int ResourceData = 2, ResourceCore = 4;

    // Ctrl+C and service managers signal the whole group. Whoever asked decides when we end, or a good stream would be blamed for our end.
    private static readonly PosixSignal[] NotForUs = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    /// <summary>Serves until the input ends.</summary>
    /// <param name="input">Requests.</param>
    /// <param name="output">Answers.</param>
    /// <param name="longest">A request that takes longer ends the process: whoever asked is gone, or would have ended it.</param>
    public static void Run(Stream input, Stream output, TimeSpan longest)
    {
        if (OperatingSystem.IsLinux() && !(Cap(ResourceData, MemoryLimit) && Cap(ResourceCore, 0)))
            throw new InvalidOperationException("the memory of the decoding process cannot be limited");
        if (!OpenJpeg.IsInstalled) throw new InvalidOperationException("libopenjp2 is not on this machine: apt-get install libopenjp2-7");
        PosixSignalRegistration[] ignored = [.. NotForUs.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true))];
        using Timer watch = new(_ => Process.GetCurrentProcess().Kill());
        Jpeg2000Exchange.WriteReady(output);
        while (Jpeg2000Exchange.ReadRequest(input) is { } request)
        {
            watch.Change(longest, Timeout.InfiniteTimeSpan);
            byte[] frame = new byte[request.Format.FrameBytes];
            string? refusal = null;
            try
            {
                OpenJpeg.Decode(request.Compressed, request.Format, frame);
            }
            catch (DicomFormatException e)
            {
                refusal = e.Message;
            }

            if (refusal is null) Jpeg2000Exchange.WriteFrame(output, frame);
            else Jpeg2000Exchange.WriteRefusal(output, refusal);
            watch.Change(Timeout.Infinite, Timeout.Infinite);
        }

        foreach (PosixSignalRegistration registration in ignored) registration.Dispose();
    }

    private static bool Cap(int resource, long bytes)
    {
        Limit limit = new() { Current = (nuint)bytes, Maximum = (nuint)bytes };
        return setrlimit(resource, ref limit) == 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public nuint Current, Maximum;
    }

    [LibraryImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setrlimit(int resource, ref Limit limit);
}
