using System.Collections.Concurrent;
using System.Diagnostics;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>
/// JPEG 2000 and High-Throughput JPEG 2000 by the system's libopenjp2, in processes of their own with limits of time and memory: a hostile
/// stream costs its own frame and
/// a process, never the agent. A process is kept for the next frame; one that fails in any way is killed and replaced.
/// </summary>
/// <remarks>1.2.840.10008.1.2.4.90, .91, .201, .202, .203</remarks>
public sealed class Jpeg2000Decoder : IPixelDecoder, IDisposable
{
    private readonly Func<ProcessStartInfo> start;
    private readonly ConcurrentBag<Process> idle = [];
    private readonly SemaphoreSlim places;
    private bool disposed;

    /// <param name="start">How to start a process that calls <see cref="Jpeg2000Worker.Run"/>.</param>
    /// <param name="processes">Most at once; more callers wait.</param>
    public Jpeg2000Decoder(Func<ProcessStartInfo> start, int processes = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(processes, 1);
        (this.start, places) = (start, new SemaphoreSlim(processes));
    }

    /// <summary>Whether the library is on this machine.</summary>
    public static bool IsInstalled => OpenJpeg.IsInstalled;

    /// <summary>Longest time for one frame.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time for a process to come up.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Starts a process and ends it, so that nobody is promised what this machine cannot do.</summary>
    /// <exception cref="InvalidOperationException">It does not start; the message says how to see why.</exception>
    public void Probe(CancellationToken cancellation) => End(Start(cancellation));

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No process can be started: the stream is not to blame.</exception>
    public void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        CodecGuard.TargetHolds(format, target);
        ObjectDisposedException.ThrowIf(disposed, this);
        Jpeg2000Codestream.Check(stream, format);
        places.Wait(cancellation);
        try
        {
            // One death may have come from outside, say from a kernel short of memory. A fresh process that dies too died of the stream.
            if (TryDecode(TakeIdle() ?? Start(cancellation), stream, format, target, cancellation)) return;
            if (TryDecode(Start(cancellation), stream, format, target, cancellation)) return;
            throw new DicomFormatException("JPEG 2000 stream ended two processes that decoded it (more than "
                + $"{Jpeg2000Worker.MemoryLimit >> 20} MB, or a crash): it is damaged or hostile");
        }
        finally
        {
            places.Release();
        }
    }

    public void Dispose()
    {
        disposed = true;
        while (idle.TryTake(out Process? process)) End(process);
    }

    /// <returns>False when the process died.</returns>
    /// <exception cref="DicomFormatException">The process refuses the stream, or takes too long.</exception>
    private bool TryDecode(Process process, ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeLimit);
        bool reusable = false;
        try
        {
            string? refusal;
            using (Watch(process, limit.Token))
            {
                Jpeg2000Exchange.WriteRequest(process.StandardInput.BaseStream, format, stream);
                refusal = Jpeg2000Exchange.ReadAnswer(process.StandardOutput.BaseStream, target);
            }

            reusable = !limit.IsCancellationRequested;
            return refusal is null ? true : throw new DicomFormatException(refusal);
        }
        catch (Exception e) when (e is IOException and not DicomFormatException or InvalidDataException)
        {
            cancellation.ThrowIfCancellationRequested();
            return !limit.IsCancellationRequested ? false : throw new DicomFormatException(
                $"JPEG 2000 stream took longer than {TimeLimit.TotalSeconds:0.#} s to decode; it is damaged or hostile", e);
        }
        finally
        {
            if (reusable && !disposed) idle.Add(process);
            else End(process);
        }
    }

    private Process? TakeIdle()
    {
        while (idle.TryTake(out Process? process))
        {
            if (!process.HasExited) return process;
            process.Dispose();
        }

        return null;
    }

    private Process Start(CancellationToken cancellation)
    {
        ProcessStartInfo info = start();
        (info.RedirectStandardInput, info.RedirectStandardOutput, info.UseShellExecute) = (true, true, false);
        // It holds one frame at a time; a second heap would only take memory.
        info.Environment["DOTNET_gcServer"] = "0";
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(StartLimit);
        Process? process = null;
        bool ready = false;
        try
        {
            process = Process.Start(info) ?? throw new InvalidOperationException("nothing was started");
            using (Watch(process, limit.Token)) Jpeg2000Exchange.ReadReady(process.StandardOutput.BaseStream);
            limit.Token.ThrowIfCancellationRequested();
            ready = true;
            return process;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException
                                      or InvalidDataException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            string why = limit.IsCancellationRequested ? $"is not ready after {StartLimit.TotalSeconds:0.#} s" : $"does not start ({e.Message})";
            throw new InvalidOperationException(
                $"the process that decodes JPEG 2000 {why}. To see why, run: {info.FileName} {string.Join(' ', info.ArgumentList)}", e);
        }
        finally
        {
            if (!ready && process is not null) End(process);
        }
    }

    /// <summary>A killed process closes its pipes, and with that ends the calls that block on them.</summary>
    private static CancellationTokenRegistration Watch(Process process, CancellationToken end) =>
        end.UnsafeRegister(static state => Kill((Process)state!), process);

    private static void End(Process process)
    {
        Kill(process);
        process.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
