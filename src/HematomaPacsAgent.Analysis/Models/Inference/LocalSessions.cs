using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>The sessions of this process, one a model.</summary>
internal sealed class LocalSessions(InferenceOptions options) : IModelHost
{
    private readonly Dictionary<int, BoundSession> sessions = [];
    private readonly SessionSettings settings = new(options);

    public bool IsAlive => true;

    public InferenceRun Open(ModelSource model, bool cuda)
    {
        Close(model.Id);
        byte[] network = Read(model);
        try
        {
            (InferenceSession session, InferenceRun run) = settings.Open(network, cuda);
            BoundSession bound = new(session, cuda ? options.GpuDeviceId : null);
            sessions[model.Id] = bound;
            string? wrong = bound.Trouble;
            return wrong is null ? run : throw new InferenceFault(FaultKind.Refused, $"the model has {wrong}, where one of each is needed");
        }
        catch (Exception e) when (e is OnnxRuntimeException or OutOfMemoryException)
        {
            throw Fault(e);
        }
    }

    public void Close(int model)
    {
        if (sessions.Remove(model, out BoundSession? session)) session.Dispose();
    }

    public float[] Run(int model, float[] values, long[] shape, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!sessions.TryGetValue(model, out BoundSession? session)) throw new InferenceFault(FaultKind.Died, $"model {model} is not open here");
        try
        {
            return session.Run(values, shape, cancellation);
        }
        catch (Exception e) when (e is OnnxRuntimeException or OutOfMemoryException)
        {
            cancellation.ThrowIfCancellationRequested();
            InferenceFault fault = Fault(e);
            if (fault.Kind == FaultKind.OutOfMemory) session.GiveBackMemory();
            throw fault;
        }
    }

    public void Dispose()
    {
        foreach (BoundSession session in sessions.Values) session.Dispose();
        sessions.Clear();
    }

    private static InferenceFault Fault(Exception e) =>
        new(e is OutOfMemoryException ? FaultKind.OutOfMemory : InferenceFault.KindOf(e.Message), e.Message, e);

    /// <summary>What is run is what was hashed, even where the file is exchanged meanwhile.</summary>
    private static byte[] Read(ModelSource model)
    {
        try
        {
            byte[] network = File.ReadAllBytes(model.Path);
            string digest = Convert.ToHexStringLower(SHA256.HashData(network));
            return digest == model.Sha256 ? network
                : throw new InferenceFault(FaultKind.Refused, $"digest {digest} is not the {model.Sha256} that model.json states: the file was altered");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InferenceFault(FaultKind.Refused, e.Message, e);
        }
    }
}
