using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent;

/// <summary>This program once more, as the process that runs models for itself.</summary>
internal static class InferenceProcess
{
    /// <summary>Not for people, so not in the help.</summary>
    public const string Verb = "infer-worker";

    /// <summary>What the configuration asks for. The process starts with the first model.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The section <c>Inference</c> is wrong.</exception>
    public static Inference Begin(IConfiguration settings) =>
        new(AgentHost.Inference(settings), () => OwnProgram.With(Verb), step => Console.Error.WriteLine($"inference: {step}"));

    /// <summary>Serves our other half until it is gone.</summary>
    public static int Run()
    {
        WorkerLoop.Run();
        return 0;
    }
}
