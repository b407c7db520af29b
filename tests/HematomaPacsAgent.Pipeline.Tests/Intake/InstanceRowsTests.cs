using System.Net;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.TestKit;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Tests.Intake;

public sealed class InstanceRowsTests(PostgresCluster cluster)
{
    private const int Senders = 64;
    private static int paths;

    [Fact]
    public async Task A_row_that_the_database_refuses_fails_alone_and_all_others_of_its_round_are_committed()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        InstanceRows rows = new(database.Source, database.Queue(), TimeSpan.Zero);
        // PostgreSQL takes no NUL in a text.
        Task<bool>[] adding = [.. Enumerable.Range(0, Senders).Select(n => rows.AddAsync(Instance(n, callingAe: n == 40 ? "A\0" : "A")))];
        await Assert.ThrowsAsync<PostgresException>(() => adding[40]);
        foreach (Task<bool> good in adding.Where((_, n) => n != 40)) Assert.True(await good);
        Assert.Equal(Senders - 1, await database.ScalarAsync<long>("select count(*) from instance"));
        Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from job"));
    }

    [Fact]
    public async Task Senders_at_once_share_transactions_and_a_content_is_added_once()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        InstanceRows rows = new(database.Source, database.Queue(), TimeSpan.Zero);
        bool[] added = await Task.WhenAll(Enumerable.Range(0, Senders).Select(n => rows.AddAsync(Instance(n / 2))));
        Assert.Equal(Senders / 2, added.Count(isNew => isNew));
        Assert.Equal(Senders / 2, await database.ScalarAsync<long>("select count(*) from instance"));
        Assert.InRange(await database.ScalarAsync<long>("select count(distinct xmin::text) from instance"), 1, Senders / 2 - 1);
    }

    [Fact]
    public async Task Nothing_is_added_while_the_database_is_away_and_the_next_round_works_again()
    {
        await using PostgresCluster own = new();
        await using TestDatabase away = await TestDatabase.CreateAsync(own);
        InstanceRows rows = new(away.Source, away.Queue(), TimeSpan.Zero);
        await own.StopServerAsync(TestContext.Current.CancellationToken);
        Task<bool>[] adding = [rows.AddAsync(Instance(1)), rows.AddAsync(Instance(2))];
        foreach (Task<bool> failing in adding) await Assert.ThrowsAnyAsync<NpgsqlException>(() => failing);
        await own.StartServerAsync(TestContext.Current.CancellationToken);
        Assert.True(await rows.AddAsync(Instance(1)));
    }

    private static NewInstance Instance(int n, string callingAe = "A")
    {
        string instance = $"1.2.{n % 4}.1.{n}";
        CStoreRequest request = new()
        {
            Association = new AssociationPeer(1, callingAe, "B", new IPEndPoint(IPAddress.Loopback, 1), "", ""),
            MessageId = 1,
            SopClassUid = DicomUID.CTImageStorage,
            SopInstanceUid = new DicomUID(instance),
            TransferSyntax = DicomTransferSyntax.ExplicitVRLittleEndian,
            Dataset = Stream.Null,
        };
        ReceivedHeader header = new(DicomUID.CTImageStorage.Value, instance, $"1.2.{n % 4}.1", $"1.2.{n % 4}");
        return new NewInstance(request, header, new string('a', 64), $"instances/{Interlocked.Increment(ref paths)}.dcm", 1);
    }
}
