namespace HematomaPacsAgent.Analysis.Models;

/// <summary>An ONNX file to run.</summary>
/// <param name="Id">Number of the model; a host holds one session a number.</param>
/// <param name="Path">The file.</param>
/// <param name="Sha256">Its digest; other content is not run.</param>
internal sealed record ModelSource(int Id, string Path, string Sha256);

/// <summary>Runs models: in this process (<see cref="LocalSessions"/>) or in another (<see cref="InferenceWorker"/>). One call at a time.</summary>
internal interface IModelHost : IDisposable
{
    /// <summary>False once it can run nothing any more; all its models are closed then.</summary>
    bool IsAlive { get; }

    /// <summary>Opens a model; one that is open is closed and opened anew.</summary>
    /// <exception cref="InferenceFault">It does not load there.</exception>
    InferenceRun Open(ModelSource model, bool cuda);

    /// <summary>Closes a model; one that is not open is passed over.</summary>
    void Close(int model);

    /// <summary>Runs an open model.</summary>
    /// <returns>The output, the caller's own: later runs do not touch it.</returns>
    /// <exception cref="InferenceFault">The run failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the host can be used further.</exception>
    float[] Run(int model, float[] values, long[] shape, CancellationToken cancellation);
}
