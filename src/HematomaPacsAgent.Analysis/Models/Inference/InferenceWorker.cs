using System.Diagnostics;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>
/// Runs models in a process of their own, which is started when first needed; after its end <see cref="Inference"/> makes another: a GPU error that sticks to a
/// process, a crash of a native library or a hang costs that process, never the listener. One call at a time.
/// </summary>
/// <param name="options">Sent to the process.</param>
/// <param name="start">How to start a process that calls <see cref="WorkerLoop.Run"/>.</param>
internal sealed class InferenceWorker(InferenceOptions options, Func<ProcessStartInfo> start) : IModelHost
{
    /// <summary>A cancelled run that has not ended after this long is ended by killing its process.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly StandardErrorTail errors = new();
    private Process? process;
    private int number;
    private bool ended;

    /// <summary>The process' number; null while none runs.</summary>
    public int? ProcessId => process?.Id;

    public bool IsAlive => !ended && process?.HasExited != true;

    public void Close(int model)
    {
        if (!IsAlive || process is null) return;
        try
        {
            WorkerExchange.WriteText(process.StandardInput.BaseStream, WorkerMessage.Close, 0, model);
        }
        catch (IOException)
        {
            // It is gone, and the model with it.
        }
    }

    public InferenceRun Open(ModelSource model, bool cuda) => Exchange(
        pipe => WorkerLoop.WriteOpen(pipe, ++number, model, cuda),
        (kind, length, pipe) => kind == WorkerMessage.Opened ? WorkerExchange.ReadText<InferenceRun>(pipe, length) : throw OutOfTurn(),
        CancellationToken.None);

    public float[] Run(int model, float[] values, long[] shape, CancellationToken cancellation)
    {
        if (!WorkerExchange.Fits(shape.Length, values.Length))
            throw new InferenceFault(FaultKind.Refused, $"an input of {values.Length} values in {shape.Length} dimensions is too large to send");
        return Exchange(
            pipe => WorkerExchange.WriteTensor(pipe, WorkerMessage.Run, ++number, model, shape, values),
            (kind, length, pipe) => kind == WorkerMessage.Output ? WorkerExchange.ReadTensor(pipe, length).Values : throw OutOfTurn(),
            cancellation);
    }

    public void Dispose()
    {
        if (process is null) return;
        try
        {
            // The end of its input ends it.
            process.StandardInput.Close();
            process.WaitForExit(TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It is gone already.
        }

        End();
    }

    private static InvalidDataException OutOfTurn() => new("the process answered out of turn");

    private T Exchange<T>(Action<Stream> ask, Func<WorkerMessage, int, Stream, T> read, CancellationToken cancellation)
    {
        TimeSpan longest = options.WorkerTimeout;
        cancellation.ThrowIfCancellationRequested();
        if (ended) throw new InferenceFault(FaultKind.Died, "the process that runs models has ended");
        Process running = process ??= Start();
        using CancellationTokenSource limit = new(longest);
        using CancellationTokenRegistration kill = limit.Token.UnsafeRegister(static state => Kill((Process)state!), running);
        bool answered = false;
        try
        {
            ask(running.StandardInput.BaseStream);
            // Registered after the request has gone out whole, so that the stop cannot land within it.
            using CancellationTokenRegistration stop = cancellation.UnsafeRegister(_ =>
            {
                limit.CancelAfter(StopGrace);
                ThreadPool.UnsafeQueueUserWorkItem(_ => SendStop(running, number), null);
            }, null);
            Stream pipe = running.StandardOutput.BaseStream;
            (WorkerMessage kind, int about, int length) = WorkerExchange.ReadHead(pipe) ?? throw new EndOfStreamException("it ended");
            if (about != number) throw OutOfTurn();
            if (kind == WorkerMessage.Stopped)
            {
                _ = WorkerExchange.ReadText<string>(pipe, length);
                answered = true;
                throw new OperationCanceledException(cancellation);
            }

            if (kind == WorkerMessage.Failed)
            {
                WorkerFailure failure = WorkerExchange.ReadText<WorkerFailure>(pipe, length);
                answered = true;
                throw new InferenceFault(failure.Kind, failure.Message);
            }

            T result = read(kind, length, pipe);
            answered = true;
            cancellation.ThrowIfCancellationRequested();
            return result;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw limit.IsCancellationRequested
                ? new InferenceFault(FaultKind.Hung, $"the process that runs models gave no answer in {longest.TotalSeconds:0.#} s (Inference:WorkerTimeout)", e)
                : new InferenceFault(FaultKind.Died, $"the process that runs models {Death(running, e)}", e);
        }
        finally
        {
            // Out of step with us, or killed: the next call starts another.
            if (!answered || limit.IsCancellationRequested) End();
        }
    }

    private Process Start()
    {
        ProcessStartInfo info = start();
        (info.RedirectStandardInput, info.RedirectStandardOutput, info.RedirectStandardError, info.UseShellExecute) = (true, true, true, false);
        info.Environment["DOTNET_gcServer"] = "0";
        // Libraries below ONNX Runtime decide for themselves unless told.
        if (!options.UseTf32) info.Environment["NVIDIA_TF32_OVERRIDE"] = "0";
        using CancellationTokenSource limit = new(StartLimit);
        Process? started = null;
        bool ready = false;
        try
        {
            started = Process.Start(info) ?? throw new InvalidOperationException("nothing was started");
            errors.Follow(started);
            using (limit.Token.UnsafeRegister(static state => Kill((Process)state!), started))
            {
                WorkerExchange.WriteText(started.StandardInput.BaseStream, WorkerMessage.Configure, 0, options);
                Stream pipe = started.StandardOutput.BaseStream;
                if (WorkerExchange.ReadHead(pipe) is not (WorkerMessage.Ready, _, int length)) throw new EndOfStreamException("it ended before it was ready");
                _ = WorkerExchange.ReadText<int>(pipe, length);
            }

            ready = !limit.IsCancellationRequested;
            return ready ? started : throw new IOException("it took too long");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException or InvalidDataException)
        {
            string why = limit.IsCancellationRequested ? $"was not ready after {StartLimit.TotalSeconds:0} s" : $"does not start ({e.Message})";
            throw new InferenceFault(FaultKind.Died, $"the process that runs models {why}{errors.Tail}. To see why, run: {info.FileName} {string.Join(' ', info.ArgumentList)}", e);
        }
        finally
        {
            if (!ready && started is not null)
            {
                Kill(started);
                started.Dispose();
            }
        }
    }

    private string Death(Process dead, Exception e)
    {
        string how = e is InvalidDataException ? $"answered what is no answer ({e.Message})"
            : dead.WaitForExit(TimeSpan.FromMilliseconds(500)) ? dead.ExitCode switch
            {
                137 => "was killed (SIGKILL: often the system, short of memory)",
                > 128 and < 160 and int code => $"ended by signal {code - 128}",
                int code => $"ended with code {code}",
            }
            : "closed its answers";
        return how + errors.Tail;
    }

    private static void SendStop(Process running, int run)
    {
        try
        {
            WorkerExchange.WriteText(running.StandardInput.BaseStream, WorkerMessage.Stop, run, "");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone, and the run with it.
        }
    }

    private void End()
    {
        ended = true;
        if (process is not { } ending) return;
        process = null;
        Kill(ending);
        ending.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It has ended by itself.
        }
    }
}
