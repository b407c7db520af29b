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

    /// <summary>Processes waiting for a frame.</summary>
    internal IReadOnlyCollection<Process> Idle => idle;

    public void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        CodecGuard.TargetHolds(format, target);
        ObjectDisposedException.ThrowIf(disposed, this);
        places.Wait(cancellation);
        try
        {
            Process process = TakeIdle() ?? Start();
            bool healthy = false;
            try
            {
                Exchange(process, stream, format, target, cancellation);
                healthy = true;
            }
            catch (DicomFormatException)
            {
                healthy = !process.HasExited; // it answered: the stream is at fault
                throw;
            }
            finally
            {
                if (healthy && !disposed) idle.Add(process);
                else End(process);
            }
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

    private void Exchange(Process process, ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        // A killed process closes its pipes, and with that ends the blocking calls below.
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeLimit);
        using CancellationTokenRegistration kill = limit.Token.UnsafeRegister(static state => Kill((Process)state!), process);
        try
        {
            Jpeg2000Exchange.WriteRequest(process.StandardInput.BaseStream, format, stream);
            Jpeg2000Exchange.ReadAnswer(process.StandardOutput.BaseStream, target);
        }
        catch (Exception e) when (e is IOException and not DicomFormatException or InvalidDataException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new DicomFormatException(limit.IsCancellationRequested
                ? $"JPEG 2000 stream took longer than {TimeLimit.TotalSeconds:0.#} s to decode; it is damaged or hostile"
                : $"JPEG 2000 stream ended the process that decoded it (more than {Jpeg2000Worker.MemoryLimit >> 20} MB, or a crash); it is damaged or hostile", e);
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

    private Process Start()
    {
        ProcessStartInfo info = start();
        (info.RedirectStandardInput, info.RedirectStandardOutput, info.UseShellExecute) = (true, true, false);
        // It holds one frame at a time; a second heap would only take memory.
        info.Environment["DOTNET_gcServer"] = "0";
        return Process.Start(info) ?? throw new InvalidOperationException($"{info.FileName} did not start");
    }

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
