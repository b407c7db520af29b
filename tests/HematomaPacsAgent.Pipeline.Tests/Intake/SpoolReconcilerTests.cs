using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Tests.Intake;

public sealed class SpoolReconcilerTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Old_leftovers_go_and_known_or_young_files_stay()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        using TestFolder folder = new();
        IOptions<IntakeOptions> options = Options.Create(new IntakeOptions { SpoolFolder = folder.Path });
        Spool spool = new(options);
        string known = Keep("known"), orphan = Keep("orphan"), young = Keep("young");
        string oldPart = Write("old"), youngPart = Write("young");
        foreach (string path in (string[])[spool.FullPath(known), spool.FullPath(orphan), oldPart])
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        await database.ExecuteAsync($"""
            insert into instance (sop_instance_uid, sop_class_uid, series_instance_uid, study_instance_uid, transfer_syntax_uid, sha256,
                spool_path, bytes, calling_ae, called_ae, peer_address)
            values ('1', '1', '1', '1', '1', 'x', '{known}', 1, 'A', 'B', '::1')
            """);

        SpoolTidied tidied = await new SpoolReconciler(spool, database.Source, options, TimeProvider.System,
            NullLogger<SpoolReconciler>.Instance)
            .ReconcileAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new SpoolTidied(1, 1), tidied);
        Assert.True(File.Exists(spool.FullPath(known)) && File.Exists(spool.FullPath(young)) && File.Exists(youngPart));
        Assert.False(File.Exists(oldPart));
        Assert.Equal("orphan", await File.ReadAllTextAsync(Path.Combine(spool.QuarantineFolder, Path.GetFileName(orphan)),
            TestContext.Current.CancellationToken));

        string Write(string text)
        {
            string part = spool.NewIncoming();
            File.WriteAllText(part, text);
            return part;
        }

        string Keep(string text)
        {
            string path = spool.NewKept("1.2.3", new string('a', 64));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(Write(text), path);
            return spool.RelativePath(path);
        }
    }
}

/// <summary>A folder for one test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hpa-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
