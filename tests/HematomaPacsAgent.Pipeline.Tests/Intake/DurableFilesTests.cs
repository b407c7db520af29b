using System.Collections.Concurrent;
using HematomaPacsAgent.Pipeline.Intake;
using Microsoft.Win32.SafeHandles;

namespace HematomaPacsAgent.Pipeline.Tests.Intake;

public sealed class DurableFilesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TestFolder folder = new();
    private readonly ConcurrentQueue<string> happened = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Root => folder.Path;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_file_is_flushed_then_named_then_its_folders_are_flushed_and_only_then_it_is_kept()
    {
        string part = Part("a"), kept = Path.Combine(Root, "x", "y", "a.dcm");
        using DurableFiles files = Watched(file: _ => happened.Enqueue(File.Exists(part) && !File.Exists(kept) ? "content" : "named early"),
            name: path => happened.Enqueue(File.Exists(kept) ? Path.GetRelativePath(Root, path) : "folder early"));
        await KeepAsync(files, part, kept);
        Assert.Equal(["content", "x/y", "x", ".", ".."], happened.Select(what => what.Replace('\\', '/')));
        Assert.Equal("a", await File.ReadAllTextAsync(kept, Cancellation));

        // The folders are known to be on the disk now: only the one that was changed is flushed again.
        happened.Clear();
        part = Part("b");
        kept = Path.Combine(Root, "x", "y", "b.dcm");
        await KeepAsync(files, part, kept);
        Assert.Equal(["content", "x/y"], happened.Select(what => what.Replace('\\', '/')));
    }

    [Fact]
    public async Task What_cannot_be_flushed_fails_alone_is_not_named_and_is_not_tried_again()
    {
        int bad = -1, tries = 0;
        using DurableFiles files = Watched(file: handle =>
        {
            if (RandomAccess.GetLength(handle) != "bad".Length) return;
            Interlocked.Increment(ref tries);
            Interlocked.Exchange(ref bad, 1);
            throw new IOException("the disk failed");
        });
        Task[] keeps = [.. Enumerable.Range(0, 16).Select(n => KeepAsync(files, Part(n == 7 ? "bad" : $"file {n}", n), Kept(n)))];
        Assert.Equal("the disk failed", (await Assert.ThrowsAsync<IOException>(() => keeps[7])).Message);
        foreach (Task good in keeps.Where((_, n) => n != 7)) await good.WaitAsync(Patience, Cancellation);
        Assert.Equal(1, tries);
        Assert.Equal(1, bad);
        Assert.Equal(15, Directory.GetFiles(Root, "*.dcm", SearchOption.AllDirectories).Length);
        Assert.False(File.Exists(Kept(7)));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_flushed_fails_the_files_in_it_and_no_others()
    {
        using DurableFiles files = Watched(name: path =>
        {
            if (Path.GetFileName(path) == "sick") throw new IOException("the disk failed");
        });
        string sick = Path.Combine(Root, "sick", "a.dcm");
        Task failing = KeepAsync(files, Part("a", 1), sick), healthy = KeepAsync(files, Part("b", 2), Kept(2));
        Assert.Contains("the disk failed", (await Assert.ThrowsAsync<IOException>(() => failing)).Message, StringComparison.Ordinal);
        await healthy.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Cancelled_before_its_turn_a_file_is_not_touched_and_cancelled_later_it_is_kept()
    {
        using ManualResetEventSlim go = new();
        using SemaphoreSlim flushing = new(0);
        using DurableFiles files = Watched(file: _ =>
        {
            flushing.Release();
            Assert.True(go.Wait(Patience, Cancellation));
        });
        using CancellationTokenSource late = new(), early = new();
        // Each thread has a file in hand, so the next one waits.
        Task[] busy = [.. Enumerable.Range(0, DurableFiles.Flushes).Select(n => KeepAsync(files, Part("x", n), Kept(n), late.Token))];
        for (int n = 0; n < busy.Length; n++) Assert.True(await flushing.WaitAsync(Patience, Cancellation));
        string part = Part("waits", 9);
        Task waiting = KeepAsync(files, part, Kept(9), early.Token);
        await early.CancelAsync();
        await late.CancelAsync();
        go.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Task.WhenAll(busy).WaitAsync(Patience, Cancellation);
        Assert.True(File.Exists(part) && !File.Exists(Kept(9)));
        Assert.All(Enumerable.Range(0, DurableFiles.Flushes), n => Assert.True(File.Exists(Kept(n))));
    }

    [Fact]
    public async Task Sixty_four_senders_share_folder_flushes_and_each_content_is_flushed_once()
    {
        ConcurrentDictionary<long, int> flushed = new();
        int folders = 0;
        using DurableFiles files = Watched(file: handle => flushed.AddOrUpdate(RandomAccess.GetLength(handle), 1, (_, n) => n + 1),
            name: _ =>
            {
                Interlocked.Increment(ref folders);
                Thread.Yield();
            });
        await KeepAsync(files, Part("0", 0), Kept(0));
        folders = 0;
        const int senders = 64, each = 5;
        await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => Task.Run(async () =>
        {
            for (int n = 0; n < each; n++)
            {
                int length = 10 + sender * each + n;
                await KeepAsync(files, Part(new string('x', length), length), Kept(length));
                Assert.True(File.Exists(Kept(length)));
            }
        }))).WaitAsync(Patience, Cancellation);
        Assert.Equal(senders * each, flushed.Count(pair => pair is { Key: >= 10, Value: 1 }));
        Assert.InRange(folders, 1, senders * each);
        Assert.Equal(senders * each + 1, Directory.GetFiles(Root, "*.dcm", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task Without_durability_files_are_named_and_nothing_is_flushed()
    {
        using DurableFiles files = new(Durability.None, _ => happened.Enqueue("content"), _ => happened.Enqueue("folder"));
        await KeepAsync(files, Part("a"), Kept(1));
        Assert.True(File.Exists(Kept(1)));
        Assert.Empty(happened);
    }

    [Fact]
    public async Task Real_flushes_keep_a_file()
    {
        using DurableFiles files = new(Durability.Fsync);
        await KeepAsync(files, Part("a"), Kept(1));
        Assert.Equal("a", await File.ReadAllTextAsync(Kept(1), Cancellation));
    }

    private static DurableFiles Watched(Action<SafeFileHandle>? file = null, Action<string>? name = null) =>
        new(Durability.Fsync, file ?? (_ => { }), name ?? (_ => { }));

    private string Kept(int n) => Path.Combine(Root, "kept", $"{n}.dcm");

    private string Part(string content, int n = 0)
    {
        string path = Path.Combine(Root, $"{n}-{content.Length}.part");
        File.WriteAllText(path, content);
        return path;
    }

    private async Task KeepAsync(DurableFiles files, string part, string kept, CancellationToken? cancellation = null)
    {
        using SafeFileHandle handle = File.OpenHandle(part, FileMode.Open, FileAccess.ReadWrite);
        await files.KeepAsync(handle, part, Root, kept, cancellation ?? Cancellation);
    }
}
