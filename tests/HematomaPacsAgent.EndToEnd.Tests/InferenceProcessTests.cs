using System.Diagnostics;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>The process that runs models: killed, hung, starved, cut off, not there. What it answers stays the same.</summary>
public sealed class InferenceProcessTests : IDisposable
{
    private static readonly string Signs = Path.Combine(SharedFiles.Repository, "models", "sign-effb0-phantom");
    private static readonly string Segmentation = Path.Combine(SharedFiles.Repository, "models", "hematoma-seg-phantom");
    private static readonly PhantomCase Phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(22, 128));
    private static readonly Lazy<double[]> Expected = new(() =>
    {
        using Inference here = new(new InferenceOptions { InProcess = true });
        using SignClassifier classifier = SignClassifier.Load(Signs, here);
        return Classify(classifier);
    });

    private readonly TemporaryFolder folder = new();
    private readonly List<string> said = [];

    public InferenceProcessTests()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("signals are sent by kill");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_process_that_is_killed_is_replaced_and_the_answer_is_the_same()
    {
        using Inference inference = Real(new InferenceOptions());
        using SignClassifier classifier = SignClassifier.Load(Signs, inference);
        Assert.Equal(Expected.Value, Classify(classifier));
        int first = inference.WorkerProcessId!.Value;
        await SignalAsync("-KILL", first); // between two runs
        Assert.Equal(Expected.Value, Classify(classifier));
        int second = inference.WorkerProcessId!.Value;
        Assert.NotEqual(first, second);

        await SignalAsync("-STOP", second); // within a run
        Task<double[]> run = Task.Run(() => Classify(classifier), TestContext.Current.CancellationToken);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await SignalAsync("-KILL", second);
        Assert.Equal(Expected.Value, await run);
        Assert.Contains(said, line => line.Contains("SIGKILL", StringComparison.Ordinal) && line.Contains("new process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_hangs_is_ended_after_its_time_and_replaced()
    {
        using Inference inference = Real(new InferenceOptions { WorkerTimeout = TimeSpan.FromSeconds(6) });
        using SignClassifier classifier = SignClassifier.Load(Signs, inference);
        int hung = inference.WorkerProcessId!.Value;
        await SignalAsync("-STOP", hung);
        long started = Stopwatch.GetTimestamp();
        Assert.Equal(Expected.Value, Classify(classifier));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 5, 40);
        Assert.NotEqual(hung, inference.WorkerProcessId);
        Assert.Contains(said, line => line.Contains("no answer in 6 s", StringComparison.Ordinal));
    }

    [Fact]
    public void Segments_as_in_this_process_and_two_models_share_one_process()
    {
        IntracranialSpace space = IntracranialSpace.Find(Phantom.Volume);
        using Inference here = new(new InferenceOptions { InProcess = true }), there = Real(new InferenceOptions());
        using HematomaSegmenter inside = HematomaSegmenter.Load(Segmentation, here), outside = HematomaSegmenter.Load(Segmentation, there);
        int process = there.WorkerProcessId!.Value;
        using SignClassifier classifier = SignClassifier.Load(Signs, there);
        HematomaSegmentation one = inside.Segment(Phantom.Volume, space, null, TestContext.Current.CancellationToken);
        HematomaSegmentation other = outside.Segment(Phantom.Volume, space, null, TestContext.Current.CancellationToken);
        Assert.Equal(one.Mask.Voxels, other.Mask.Voxels);
        Assert.True(other.Mask.CountIn(other.Mask.LargestSlice) > 0);
        Assert.Equal(one.Device, other.Device);
        Assert.Equal(Expected.Value, Classify(classifier));
        Assert.Equal(process, there.WorkerProcessId);
    }

    /// <summary>A limit that the process meets in the middle of a batch: the system itself refuses the memory.</summary>
    [Fact]
    public void Memory_that_runs_out_halves_the_batch_and_the_answer_is_the_same()
    {
        ModelPackage package = ModelPackage.Load(Segmentation, ModelKind.Segmentation);
        int size = package.Manifest.Inferer.Patch[0];
        float[] values = new float[Batch * 3 * size * size];
        for (int i = 0; i < values.Length; i++) values[i] = MathF.Sin(i * 0.01f);
        using Inference ample = new(new InferenceOptions { InProcess = true }), scarce = Real(new InferenceOptions { WorkerMemoryLimitMb = ScarceMb, Threads = 1 });
        using OnnxModel free = OnnxModel.Load(package, 0, ample), tight = OnnxModel.Load(package, 0, scarce);
        float[] expected = free.Run(values, [Batch, 3, size, size], TestContext.Current.CancellationToken);
        float[] got = tight.Run(values, [Batch, 3, size, size], TestContext.Current.CancellationToken);
        Assert.Equal(expected.Length, got.Length);
        Assert.True(expected.Zip(got, (a, b) => Math.Abs(a - b)).Max() < 1e-4);
        Assert.True(said.Exists(line => line.Contains("items at once", StringComparison.Ordinal)), string.Join('\n', said));
    }

    private const int Batch = 32, ScarceMb = 700;

    [Fact]
    public void Too_little_memory_for_a_single_item_ends_with_what_to_do()
    {
        InferenceException failed = Assert.Throws<InferenceException>(() => Load(Real(new InferenceOptions { WorkerMemoryLimitMb = 60 })));
        Assert.Contains("memory", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Remedy", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo hello to nobody, and a little more of it; exec cat", "no message")]
    [InlineData("exit 3", "ended with code 3")]
    [InlineData("echo libfoo is not there >&2; exit 3", "libfoo is not there")]
    public void A_program_that_is_no_worker_is_told_as_what_it_is(string script, string told)
    {
        InferenceException failed = Assert.Throws<InferenceException>(() => Load(Shell(_ => script)));
        Assert.Contains("does not start", failed.Message, StringComparison.Ordinal);
        Assert.Contains(told, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_is_not_there_is_named() => Assert.Contains("no-such-program",
        Assert.Throws<InferenceException>(() => Load(new Inference(new InferenceOptions(), () => new ProcessStartInfo(folder["no-such-program"])))).Message,
        StringComparison.Ordinal);

    /// <summary>The real process, the first one's answers cut off or followed by noise.</summary>
    [Theory]
    [InlineData("exec stdbuf -o0 head -c 170 < <(WORKER)")]
    [InlineData("exec cat < <(WORKER | { stdbuf -o0 head -c 170; head -c 100000 /dev/urandom; })")]
    public void An_answer_that_ends_early_or_turns_to_noise_is_asked_for_anew(string spoiled)
    {
        string worker = $"dotnet '{AgentProcess.Program}' infer-worker";
        using Inference inference = Shell(start => start == 1 ? spoiled.Replace("WORKER", worker, StringComparison.Ordinal) : worker);
        using SignClassifier classifier = SignClassifier.Load(Signs, inference);
        Assert.Equal(Expected.Value, Classify(classifier));
        Assert.Contains(said, line => line.Contains("new process", StringComparison.Ordinal) && !line.Contains("not ready", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_run_stops_and_the_process_goes_on()
    {
        ModelPackage package = ModelPackage.Load(Segmentation, ModelKind.Segmentation);
        int size = package.Manifest.Inferer.Patch[0];
        using Inference inference = Real(new InferenceOptions { Threads = 1 });
        using OnnxModel model = OnnxModel.Load(package, 0, inference);
        int process = inference.WorkerProcessId!.Value;
        using CancellationTokenSource stop = new();
        Task run = Task.Run(() => model.Run(new float[Batch * 3 * size * size], [Batch, 3, size, size], stop.Token), TestContext.Current.CancellationToken);
        await Task.Delay(150, TestContext.Current.CancellationToken);
        long started = Stopwatch.GetTimestamp();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(4.5));
        model.Run(new float[3 * size * size], [1, 3, size, size], TestContext.Current.CancellationToken);
        Assert.Equal(process, inference.WorkerProcessId);
    }

    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    [InlineData("-HUP")]
    public async Task Signals_to_the_whole_group_do_not_end_it_and_no_core_dump_is_left(string signal)
    {
        using Inference inference = Real(new InferenceOptions());
        using SignClassifier classifier = SignClassifier.Load(Signs, inference);
        int process = inference.WorkerProcessId!.Value;
        await SignalAsync(signal, process);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Classify(classifier);
        Assert.Equal(process, inference.WorkerProcessId);
        Assert.Matches(@"Max core file size\s+0\s+0 ", File.ReadAllText($"/proc/{process}/limits"));
    }

    [Fact]
    public async Task Disposed_it_is_gone()
    {
        Inference inference = Real(new InferenceOptions());
        using SignClassifier classifier = SignClassifier.Load(Signs, inference);
        int process = inference.WorkerProcessId!.Value;
        inference.Dispose();
        await Eventually.SeeAsync("the process is gone", TimeSpan.FromSeconds(10), () => Task.FromResult(!Directory.Exists($"/proc/{process}")), () => "");
    }

    [Fact]
    public void Auto_without_CUDA_runs_on_the_processor_and_says_why()
    {
        using Inference inference = Real(new InferenceOptions { Device = InferenceDevice.Auto });
        using SignClassifier classifier = SignClassifier.Load(Signs, inference);
        if (inference.Device!.Provider == "cuda") Assert.Skip("CUDA loads here");
        Assert.Contains("CUDA does not load", inference.Device.FallbackReason, StringComparison.Ordinal);
        Assert.Contains(said, line => line.Contains("run on the processor from now on", StringComparison.Ordinal));
        Assert.Equal(Expected.Value, Classify(classifier));
    }

    [Fact]
    public void A_plugin_library_that_is_not_there_is_named()
    {
        using Inference inference = Real(new InferenceOptions { Device = InferenceDevice.Cuda, PluginLibrary = folder["no-such-plugin.so"] });
        Assert.Contains("no-such-plugin.so", Assert.Throws<ModelPackageException>(() => SignClassifier.Load(Signs, inference)).Message, StringComparison.Ordinal);
    }

    private static double[] Classify(SignClassifier classifier) =>
        [.. classifier.Classify(Phantom.Volume, Phantom.Hematoma, CancellationToken.None).Select(sign => sign.Probability)];

    private static void Load(Inference inference)
    {
        using (inference) SignClassifier.Load(Signs, inference).Dispose();
    }

    private Inference Real(InferenceOptions options) => new(options, () => new ProcessStartInfo("dotnet", [AgentProcess.Program, "infer-worker"]), said.Add);

    private Inference Shell(Func<int, string> script)
    {
        int starts = 0;
        return new Inference(new InferenceOptions(), () => new ProcessStartInfo("bash", ["-c", script(++starts)]), said.Add);
    }

    private static async Task SignalAsync(string signal, int process)
    {
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("kill", "procps"), [signal, process.ToString(System.Globalization.CultureInfo.InvariantCulture)],
            TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
    }
}
