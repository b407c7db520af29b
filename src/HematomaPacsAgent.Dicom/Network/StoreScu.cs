namespace HematomaPacsAgent.Dicom.Network;

/// <summary>What became of one file.</summary>
/// <param name="File">Its path.</param>
/// <param name="SopInstance">Null when the file could not be read.</param>
/// <param name="Status">The peer's answer, or 0x0122 where it accepted no fitting context; null when none came.</param>
/// <param name="Reason">In plain words why it is not stored; null when it is.</param>
public sealed record StoreResult(string File, DicomUID? SopInstance, DicomStatus? Status, string? Reason)
{
    /// <summary>The peer has it.</summary>
    public bool Stored => Status?.IsKept ?? false;
}

/// <summary>How far a transfer is, after each file.</summary>
/// <param name="Done">Files with a result.</param>
/// <param name="Total">Files in all.</param>
/// <param name="Last">The newest result.</param>
public sealed record StoreProgress(int Done, int Total, StoreResult Last);

/// <summary>C-STORE of files: one association after another, as many files over each as its 128 presentation contexts allow.</summary>
/// <remarks>PS3.4 annex B</remarks>
public static class StoreScu
{
    /// <summary>Sends files and tells of each what became of it, in the order given.</summary>
    /// <param name="remote">The receiver.</param>
    /// <param name="callingAeTitle">What we call ourselves.</param>
    /// <param name="files">Paths. A file that cannot be read, or that the peer does not take, does not stop the others.</param>
    /// <param name="progress">Told after each file.</param>
    /// <param name="options">The defaults when null.</param>
    /// <param name="cancellation">Aborts.</param>
    /// <exception cref="AssociationRejectedException">The peer refused the first association: nothing was sent.</exception>
    /// <exception cref="DicomNetworkException">The peer cannot be reached: nothing was sent.</exception>
    public static async Task<IReadOnlyList<StoreResult>> SendAsync(RemoteAe remote, string callingAeTitle, IReadOnlyList<string> files,
        IProgress<StoreProgress>? progress, AssociationOptions? options, CancellationToken cancellation)
    {
        StoreResult?[] results = new StoreResult?[files.Count];
        int done = 0;
        void Record(int index, StoreResult result)
        {
            results[index] = result;
            progress?.Report(new StoreProgress(++done, files.Count, result));
        }

        List<(int Index, OutgoingFile File)> readable = [];
        for (int i = 0; i < files.Count; i++)
        {
            try
            {
                readable.Add((i, OutgoingFile.Read(files[i])));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Record(i, new StoreResult(files[i], null, null, e.Message));
            }
        }

        bool reached = false;
        foreach (Batch batch in Batches(readable))
        {
            try
            {
                await using ScuAssociation association = await ScuAssociation.OpenAsync(remote, callingAeTitle, batch.Contexts, options,
                    null, cancellation);
                reached = true;
                await SendAsync(batch, association, Record, cancellation);
                await association.LeaveAsync(cancellation);
            }
            catch (DicomNetworkException e) when (reached)
            {
                foreach ((int index, OutgoingFile file) in batch.Files.Where(file => results[file.Index] is null))
                    Record(index, new StoreResult(file.Path, file.SopInstance, null, e.Message));
            }
        }

        return [.. results.Select(result => result!)];
    }

    /// <summary>Sends as many files ahead of their responses as the association's window allows.</summary>
    private static async Task SendAsync(Batch batch, ScuAssociation association, Action<int, StoreResult> record,
        CancellationToken cancellation)
    {
        Dictionary<ushort, (int Index, OutgoingFile File)> sent = [];
        foreach ((int index, OutgoingFile file) in batch.Files)
        {
            while (sent.Count >= association.Window) await RecordNextAsync();
            try
            {
                if (await file.BeginSendAsync(association, cancellation) is { } id) sent.Add(id, (index, file));
                else record(index, file.Refused(association));
            }
            catch (Exception e) when (e is (IOException and not DicomNetworkException) or UnauthorizedAccessException)
            {
                // The file changed under our hands; the association may live on.
                record(index, new StoreResult(file.Path, file.SopInstance, null, e.Message));
            }
        }

        while (sent.Count > 0) await RecordNextAsync();

        async Task RecordNextAsync()
        {
            (ushort id, DicomStatus status) = await association.NextStoredAsync(cancellation);
            sent.Remove(id, out (int Index, OutgoingFile File) answered);
            record(answered.Index, answered.File.Answered(association, status));
        }
    }

    /// <summary>Files whose contexts fit one association, in order.</summary>
    private static IEnumerable<Batch> Batches(List<(int Index, OutgoingFile File)> files)
    {
        Batch batch = new();
        foreach ((int index, OutgoingFile file) in files)
        {
            if (!batch.TryAdd(index, file))
            {
                yield return batch;
                batch = new Batch();
                batch.TryAdd(index, file);
            }
        }

        if (batch.Files.Count > 0) yield return batch;
    }

    private sealed class Batch
    {
        private readonly HashSet<(DicomUID SopClass, DicomTransferSyntax Syntax)> contexts = [];

        public List<(int Index, OutgoingFile File)> Files { get; } = [];

        public IReadOnlyList<ProposedContext> Contexts =>
            [.. contexts.Select(context => new ProposedContext(context.SopClass, [context.Syntax]))];

        public bool TryAdd(int index, OutgoingFile file)
        {
            (DicomUID, DicomTransferSyntax)[] wanted = [.. file.Contexts.Where(context => !contexts.Contains(context))];
            if (contexts.Count + wanted.Length > ScuAssociation.MaxContexts) return false;
            contexts.UnionWith(wanted);
            Files.Add((index, file));
            return true;
        }
    }
}
