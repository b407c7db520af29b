using Microsoft.Win32.SafeHandles;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>What an acknowledged instance is safe from.</summary>
public enum Durability
{
    /// <summary>Acknowledged once file and folder are on the disk: a power cut loses nothing.</summary>
    Fsync,

    /// <summary>Acknowledged once written: a power cut loses what the system had not put on the disk yet.</summary>
    None,
}

/// <summary>
/// Gives finished files their lasting names and makes both durable, for many senders at once. Contents are flushed in parallel, each as
/// soon as it is written, so that the file system commits several with one journal write; the folders are flushed in rounds, each folder
/// once a round, while the next round gathers. A lone sender waits for nobody.
/// </summary>
/// <remarks>A flush that fails fails its own files and is not tried again: Linux forgets the pages that it could not write, so a second
/// fsync would succeed with nothing on the disk.</remarks>
public sealed class DurableFiles : IDisposable
{
    /// <summary>Contents flushed at once: 3 or 4 were fastest of 1 to 16, for 4 senders as for 8 (docs/receive-benchmark.md).</summary>
    internal const int Flushes = 4;

    /// <summary>Folders remembered as being on the disk themselves; forgetting costs a flush.</summary>
    private const int RememberedFolders = 10_000;

    private readonly object gate = new();
    private readonly Queue<Item> written = new();
    private readonly HashSet<string> durableFolders = new(StringComparer.Ordinal);
    private readonly Durability durability;
    private readonly Action<SafeFileHandle> flushFile;
    private readonly Action<string> flushFolder;
    private List<Item> named = [];
    private bool roundRuns, disposed;
    private int threads, idle;

    public DurableFiles(Durability durability) : this(durability, RandomAccess.FlushToDisk, FolderFlush.Flush)
    {
    }

    /// <summary>With other flushes, to see what happens when they fail.</summary>
    internal DurableFiles(Durability durability, Action<SafeFileHandle> flushFile, Action<string> flushFolder) =>
        (this.durability, this.flushFile, this.flushFolder) = (durability, flushFile, flushFolder);

    /// <summary>
    /// Flushes a written file, moves it to <paramref name="path"/> (over what is there) and flushes its folder; folders below
    /// <paramref name="root"/> are made as needed. Nobody touches the file any more once the task is over, however it ends.
    /// </summary>
    /// <param name="file">Open for writing, everything written.</param>
    /// <param name="temporary">Its path until now, in the same file system.</param>
    /// <param name="root">Absolute; <paramref name="path"/> lies below it.</param>
    /// <param name="path">Absolute.</param>
    /// <param name="cancellation">Heeded until the flush begins; from then on the file is kept or fails.</param>
    /// <exception cref="IOException">It is not durable: do not acknowledge it. The file is whole, and at either path.</exception>
    public Task KeepAsync(SafeFileHandle file, string temporary, string root, string path, CancellationToken cancellation)
    {
        Item item = new(file, temporary, root, path, cancellation);
        if (durability == Durability.None)
        {
            Attempt(item, () => Move(item));
            item.Done.TrySetResult();
            return item.Done.Task;
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            written.Enqueue(item);
            if (written.Count > idle && threads < Flushes)
            {
                threads++;
                // Threads of its own: a flush blocks for milliseconds, on a sick disk for minutes, and the pool has associations to serve.
                new Thread(FlushWritten) { IsBackground = true, Name = "Flush" }.Start();
            }

            Monitor.Pulse(gate);
        }

        return item.Done.Task;
    }

    /// <summary>What is under way is still finished.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            Monitor.PulseAll(gate);
        }
    }

    private void FlushWritten()
    {
        while (NextWritten() is { } item)
        {
            bool done = Attempt(item, () =>
            {
                // The lasting name comes after the content, so that no power cut leaves half an instance under one. The other order saves a
                // journal write, which could not be seen in the figures.
                flushFile(item.File);
                Move(item);
            });
            if (done && JoinsRound(item)) RunRounds();
        }
    }

    private Item? NextWritten()
    {
        lock (gate)
        {
            idle++;
            while (written.Count == 0 && !disposed) Monitor.Wait(gate);
            idle--;
            return written.TryDequeue(out Item? item) ? item : null;
        }
    }

    /// <returns>Whether the caller is to run the round, because nobody does.</returns>
    private bool JoinsRound(Item item)
    {
        lock (gate)
        {
            named.Add(item);
            if (roundRuns) return false;
            return roundRuns = true;
        }
    }

    /// <summary>Flushes folders until no named file waits.</summary>
    private void RunRounds()
    {
        while (NextRound() is { } round)
        {
            Dictionary<string, Exception?> flushed = new(StringComparer.Ordinal);
            foreach (Item item in round)
            {
                Exception? failure = Folders(item).Select(folder => FlushOnce(folder, flushed)).FirstOrDefault(e => e is not null);
                if (failure is not null) item.Done.SetException(new IOException(failure.Message, failure));
                else Remember(item);
            }
        }
    }

    private List<Item>? NextRound()
    {
        lock (gate)
        {
            if (named.Count == 0)
            {
                roundRuns = false;
                return null;
            }

            List<Item> round = named;
            named = [];
            return round;
        }
    }

    /// <summary>The file's folder; and where that may be new itself, those above it that name it.</summary>
    private IEnumerable<string> Folders(Item item)
    {
        string folder = item.Folder;
        yield return folder;
        lock (gate)
            if (durableFolders.Contains(folder)) yield break;
        while (folder.Length >= item.Root.Length && Path.GetDirectoryName(folder) is { } above) yield return folder = above;
    }

    private Exception? FlushOnce(string folder, Dictionary<string, Exception?> flushed)
    {
        if (flushed.TryGetValue(folder, out Exception? known)) return known;
        try
        {
            flushFolder(folder);
            return flushed[folder] = null;
        }
        catch (Exception e)
        {
            return flushed[folder] = e;
        }
    }

    private void Remember(Item item)
    {
        lock (gate)
        {
            if (durableFolders.Count >= RememberedFolders) durableFolders.Clear();
            durableFolders.Add(item.Folder);
        }

        item.Done.SetResult();
    }

    /// <summary>Whatever goes wrong is told to the file's own sender and nobody else.</summary>
    private static bool Attempt(Item item, Action act)
    {
        if (item.Cancellation.IsCancellationRequested)
        {
            item.Done.SetCanceled(item.Cancellation);
            return false;
        }

        try
        {
            act();
            return true;
        }
        catch (Exception e)
        {
            item.Done.SetException(e);
            return false;
        }
    }

    private void Move(Item item)
    {
        try
        {
            File.Move(item.Temporary, item.Path, overwrite: true);
        }
        catch (IOException missing) when (missing is DirectoryNotFoundException or FileNotFoundException)
        {
            // Where another sender makes the folder at this moment, .NET calls the file missing, not the folder.
            lock (gate) durableFolders.Remove(item.Folder);
            Directory.CreateDirectory(item.Folder);
            File.Move(item.Temporary, item.Path, overwrite: true);
        }
    }

    private sealed record Item(SafeFileHandle File, string Temporary, string Root, string Path, CancellationToken Cancellation)
    {
        public string Folder { get; } = System.IO.Path.GetDirectoryName(Path)!;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
