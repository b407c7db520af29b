using System.Text.Json;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Against a second implementation of DIMSE, which negotiates what DCMTK does not.</summary>
public sealed class DcmjsDimseTests(DcmjsPeer peer) : IClassFixture<DcmjsPeer>
{
    private static readonly AssociationOptions Known = new() { Credentials = new UserCredentials("agent", "open sesame") };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string[] Slices(int count) =>
        [.. Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm").Order().Take(count)];

    [Fact]
    public async Task Its_server_takes_our_echo_and_slices_and_sees_who_we_are()
    {
        await using DcmjsServer server = await peer.StartServerAsync();
        RemoteAe remote = new("DCMJS", "127.0.0.1", server.Port);
        await EchoScu.EchoAsync(remote, "HEMATOMA", Known, Cancellation);
        JsonElement association = await server.EventAsync("association");
        Assert.Equal(("HEMATOMA", "DCMJS", DicomImplementation.ClassUid.Value, DicomImplementation.VersionName, 2),
            (association.GetProperty("calling").GetString(), association.GetProperty("called").GetString(),
                association.GetProperty("classUid").GetString(), association.GetProperty("version").GetString(),
                association.GetProperty("identityType").GetInt32()));

        string[] slices = Slices(3);
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(remote, "HEMATOMA", slices, null,
            new AssociationOptions { MaxOperationsInvoked = 4 }, Cancellation);
        Assert.All(results, result => Assert.True(result.Stored, result.Reason));
        await Eventually.SeeAsync("three slices", TimeSpan.FromSeconds(10), () => Task.FromResult(server.Events("store").Count() == 3));
        Assert.Equal(results.Select(result => result.SopInstance!.Value.Value),
            server.Events("store").Select(seen => seen.GetProperty("instance").GetString()));
        Assert.All(server.Events("store"), seen => Assert.Equal(512 * 512 * 2, seen.GetProperty("bytes").GetInt32()));
        Assert.Empty(server.Events("error"));
    }

    [Fact]
    public async Task Its_server_confirms_a_user_that_it_knows_and_refuses_another()
    {
        await using DcmjsServer server = await peer.StartServerAsync();
        RemoteAe remote = new("DCMJS", "127.0.0.1", server.Port);
        ProposedContext[] echo = [new(DicomUID.Verification, [DicomTransferSyntax.ImplicitVRLittleEndian])];
        await using (ScuAssociation association = await ScuAssociation.OpenAsync(remote, "HEMATOMA", echo, Known, null, Cancellation))
        {
            Assert.True(association.IdentityConfirmed);
            await association.ReleaseAsync(Cancellation);
        }

        foreach (UserCredentials other in (UserCredentials[])[new("agent"), new("agent", "guessed")])
        {
            AssociationRejectedException refused = await Assert.ThrowsAsync<AssociationRejectedException>(() =>
                EchoScu.EchoAsync(remote, "HEMATOMA", new AssociationOptions { Credentials = other }, Cancellation));
            Assert.DoesNotContain("guessed", refused.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Its_server_answers_a_query_and_a_request_for_storage_commitment()
    {
        await using DcmjsServer server = await peer.StartServerAsync();
        RemoteAe remote = new("DCMJS", "127.0.0.1", server.Port);
        List<string> found = [];
        await foreach (DicomDataset match in FindScu.FindAsync(remote, "HEMATOMA", new DicomQuery(QueryModel.StudyRoot, QueryLevel.Study,
            new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, "")), null, Known, Cancellation))
            found.Add(match.GetString(DicomTag.StudyInstanceUID));
        Assert.Equal(["1.2.1", "1.2.2", "1.2.3"], found);

        InstanceReference[] instances =
            [new(DicomUID.CTImageStorage, new DicomUID("1.2.1")), new(DicomUID.CTImageStorage, new DicomUID("1.2.2"))];
        Assert.Null(await StorageCommitmentScu.RequestAsync(remote, "HEMATOMA", instances, TimeSpan.FromSeconds(0.3),
            TimeSpan.FromSeconds(0.3), null, Known, null, Cancellation));
        JsonElement action = await server.EventAsync("action");
        Assert.Equal((1, "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"), (action.GetProperty("type").GetInt32(),
            action.GetProperty("sopClass").GetString(), action.GetProperty("instance").GetString()));
        Assert.StartsWith("2.25.", action.GetProperty("transaction").GetString(), StringComparison.Ordinal);
        Assert.Equal(["1.2.1", "1.2.2"], action.GetProperty("references").EnumerateArray().Select(uid => uid.GetString()));
    }

    [Fact]
    public async Task Its_client_sends_us_echo_and_slices_ahead_of_their_responses_under_a_user_name()
    {
        await using RunningListener listener = new();
        string[] slices = Slices(6);
        IReadOnlyList<JsonElement> seen = await peer.SendAsync(listener.Port, "HEMATOMA", slices);
        Assert.Equal(["accepted", "echo", .. slices.Select(_ => "store"), "released"],
            seen.Select(line => line.GetProperty("event").GetString()));
        Assert.All(seen.Skip(1).Take(7), line => Assert.Equal(0, line.GetProperty("status").GetInt32()));
        Assert.Equal((DicomImplementation.ClassUid.Value, DicomImplementation.VersionName, 4, true),
            (seen[0].GetProperty("classUid").GetString(), seen[0].GetProperty("version").GetString(),
                seen[0].GetProperty("window").GetInt32(), seen[0].GetProperty("identityConfirmed").GetBoolean()));
        Assert.Equal(slices.Length, listener.Files.Length);
        Assert.Equal("released", await listener.ClosedAsync());
    }
}
