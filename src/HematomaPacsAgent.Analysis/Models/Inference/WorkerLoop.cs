using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>The process that runs models: reads requests from standard input, answers on standard output, ends when nobody asks any more.</summary>
public static class WorkerLoop
{
    private const int ResourceData = 2, ResourceCore = 4;

    // Ctrl+C and service managers signal the whole group. Whoever asked decides when we end.
    private static readonly PosixSignal[] NotForUs = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    /// <summary>Serves until the input ends.</summary>
    public static void Run()
    {
        using Stream input = Console.OpenStandardInput(), output = TakeStandardOutput();
        PosixSignalRegistration[] ignored = [.. NotForUs.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true))];
        if (WorkerExchange.ReadHead(input) is not (WorkerMessage.Configure, _, int length)) throw new InvalidDataException("the first message configures");
        InferenceOptions options = WorkerExchange.ReadText<InferenceOptions>(input, length);
        // A core dump would hold a patient's image.
        if (OperatingSystem.IsLinux())
        {
            Cap(ResourceCore, 0);
            if (options.WorkerMemoryLimitMb > 0) Cap(ResourceData, (long)options.WorkerMemoryLimitMb << 20);
        }

        WorkerExchange.WriteText(output, WorkerMessage.Ready, 0, Environment.ProcessId);
        using LocalSessions sessions = new(options);
        using BlockingCollection<Request> requests = new(2);
        using Reader reader = new(input, requests);
        Thread reading = new(reader.Read) { IsBackground = true, Name = "requests" };
        reading.Start();
        foreach (Request request in requests.GetConsumingEnumerable()) Answer(sessions, request, output, reader);
        foreach (PosixSignalRegistration registration in ignored) registration.Dispose();
    }

    private static void Answer(LocalSessions sessions, Request request, Stream output, Reader reader)
    {
        try
        {
            if (request.Open is { } open)
            {
                WorkerExchange.WriteText(output, WorkerMessage.Opened, request.Number, sessions.Open(open.Model, open.Cuda));
                return;
            }

            if (request.Tensor is not var (model, shape, values))
            {
                sessions.Close(request.Number); // nobody waits for an answer
                return;
            }

            float[] result = sessions.Run(model, values, shape, reader.Begin(request.Number));
            reader.End();
            WorkerExchange.WriteTensor(output, WorkerMessage.Output, request.Number, model, [result.Length], result);
        }
        catch (OperationCanceledException)
        {
            reader.End();
            WorkerExchange.WriteText(output, WorkerMessage.Stopped, request.Number, "");
        }
        catch (InferenceFault fault)
        {
            reader.End();
            WorkerExchange.WriteText(output, WorkerMessage.Failed, request.Number, new WorkerFailure(fault.Kind, WorkerExchange.Shorten(fault.Message)));
        }
        catch (Exception e) when (e is not IOException)
        {
            reader.End();
            WorkerExchange.WriteText(output, WorkerMessage.Failed, request.Number,
                new WorkerFailure(InferenceFault.KindOf(e.Message), WorkerExchange.Shorten($"{e.GetType().Name}: {e.Message}")));
        }
    }

    /// <summary>Native libraries print where they like. What they print goes to standard error; the answers keep the pipe for themselves.</summary>
    private static Stream TakeStandardOutput()
    {
        if (!OperatingSystem.IsLinux()) return Console.OpenStandardOutput();
        int own = dup(1);
        if (own < 0 || dup2(2, 1) < 0) throw new InvalidOperationException("standard output cannot be set aside");
        return new FileStream(new SafeFileHandle(own, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    }

    private static void Cap(int resource, long bytes)
    {
        Limit limit = new() { Current = (nuint)bytes, Maximum = (nuint)bytes };
        if (setrlimit(resource, ref limit) != 0) throw new InvalidOperationException("the process that runs models cannot be limited");
    }

    private sealed record OpenRequest(ModelSource Model, bool Cuda);

    private sealed record Request(int Number, OpenRequest? Open, (int Model, long[] Shape, float[] Values)? Tensor);

    internal static void WriteOpen(Stream stream, int number, ModelSource model, bool cuda) =>
        WorkerExchange.WriteText(stream, WorkerMessage.Open, number, new OpenRequest(model, cuda));

    /// <summary>Reads ahead, so that a stop is seen while a run is on, and the end of the input at any time.</summary>
    private sealed class Reader(Stream input, BlockingCollection<Request> requests) : IDisposable
    {
        private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
        private readonly Lock gate = new();
        private CancellationTokenSource? current;
        private int number, stopped = -1;
        private bool ended;
        private Timer? last;

        public void Read()
        {
            try
            {
                while (WorkerExchange.ReadHead(input) is { } head)
                    switch (head.Kind)
                    {
                        case WorkerMessage.Open:
                            requests.Add(new Request(head.Number, WorkerExchange.ReadText<OpenRequest>(input, head.Length), null));
                            break;
                        case WorkerMessage.Run:
                            requests.Add(new Request(head.Number, null, WorkerExchange.ReadTensor(input, head.Length)));
                            break;
                        case WorkerMessage.Close:
                            requests.Add(new Request(WorkerExchange.ReadText<int>(input, head.Length), null, null));
                            break;
                        case WorkerMessage.Stop:
                            _ = WorkerExchange.ReadText<string>(input, head.Length);
                            Stop(head.Number);
                            break;
                        default:
                            throw new InvalidDataException($"a message of kind {head.Kind} is not for this process");
                    }
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                Console.Error.WriteLine(e.Message);
            }

            // Nobody is there any more: a run that goes on would only burn the machine.
            requests.CompleteAdding();
            Stop(null);
            last = new Timer(_ => Process.GetCurrentProcess().Kill(), null, Grace, Timeout.InfiniteTimeSpan);
        }

        public void Dispose() => last?.Dispose();

        public CancellationToken Begin(int run)
        {
            lock (gate)
            {
                (current, number) = (new CancellationTokenSource(), run);
                if (ended || stopped == run) current.Cancel();
                return current.Token;
            }
        }

        public void End()
        {
            lock (gate)
            {
                current?.Dispose();
                current = null;
            }
        }

        private void Stop(int? run)
        {
            lock (gate)
            {
                if (run is { } one) stopped = one;
                else ended = true;
                if (run is null || run == number) current?.Cancel();
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public nuint Current, Maximum;
    }

#pragma warning disable SYSLIB1054 // generated marshalling needs unsafe code, which arrays and numbers do not
    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setrlimit(int resource, ref Limit limit);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int dup(int descriptor);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int dup2(int from, int to);
#pragma warning restore SYSLIB1054
}
