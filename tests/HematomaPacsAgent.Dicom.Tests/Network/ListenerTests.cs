using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Our listener with DCMTK's programs as peers.</summary>
public sealed class ListenerTests
{
    private static readonly Dictionary<string, string> NoDelay = new() { ["TCP_NODELAY"] = "1" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string[] Slices(int count) =>
        [.. Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm").Order().Take(count)];

    [Fact]
    public async Task Echoscu_is_answered()
    {
        await using RunningListener listener = new();
        var (exit, output) = await Programs.RunAsync(Programs.Find("echoscu", "dcmtk"),
            ["-v", "-aet", "ECHOER", "-aec", "HEMATOMA", "127.0.0.1", $"{listener.Port}"], Cancellation, NoDelay);
        Assert.True(exit == 0 && output.Contains("Received Echo Response (Success)", StringComparison.Ordinal), output);
        Assert.Equal("released", await listener.ClosedAsync());
        AssociationPeer peer = Assert.Single(listener.Opened);
        Assert.Equal((1L, "ECHOER", "HEMATOMA"), (peer.Number, peer.CallingAeTitle, peer.CalledAeTitle));
        Assert.StartsWith("OFFIS_DCMTK", peer.ImplementationVersionName, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(131072)]
    [InlineData(0)]
    public async Task What_storescu_sends_is_stored_byte_for_byte_whatever_the_PDU_size(int maxPdu)
    {
        await using RunningListener listener = new(association: new AssociationOptions { MaxPduLength = (uint)maxPdu });
        string[] slices = Slices(3);
        var (exit, output) = await Programs.RunAsync(Programs.Find("storescu", "dcmtk"),
            ["-v", "-xe", "--max-send-pdu", "131072", "-aec", "HEMATOMA", "127.0.0.1", $"{listener.Port}", .. slices], Cancellation,
                NoDelay);
        Assert.True(exit == 0, output);
        AssertStored(listener, slices);
    }

    [Fact]
    public async Task Eight_parallel_dcmsend_store_all_their_slices()
    {
        await using RunningListener listener = new();
        string[] slices = Slices(24);
        string dcmsend = Programs.Find("dcmsend", "dcmtk");
        var runs = await Task.WhenAll(slices.Chunk(3).Select(chunk => Programs.RunAsync(dcmsend,
            ["-v", "-aec", "HEMATOMA", "127.0.0.1", $"{listener.Port}", .. chunk], Cancellation, NoDelay)));
        Assert.All(runs, run => Assert.True(run.ExitCode == 0, run.Output));
        Assert.Equal(8, listener.Opened.Select(peer => peer.Number).Distinct().Count());
        AssertStored(listener, slices);
    }

    [Fact]
    public async Task A_compressed_slice_is_taken_unchanged_where_the_policy_lists_its_syntax()
    {
        DicomTransferSyntax jpegLs = DicomTransferSyntax.Lookup(new DicomUID("1.2.840.10008.1.2.4.80"));
        await using RunningListener listener = new(new AcceptancePolicy { TransferSyntaxes = [jpegLs] });
        string source = SharedFiles.Data("ct-transfer-syntaxes/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm");
        var (exit, output) = await Programs.RunAsync(Programs.Find("storescu", "dcmtk"),
            ["-v", "-xt", "-aec", "HEMATOMA", "127.0.0.1", $"{listener.Port}", source], Cancellation, NoDelay);
        Assert.True(exit == 0, output);
        AssertStored(listener, [source]);
        Assert.Equal(jpegLs, DicomFile.Open(listener.Files[0]).TransferSyntax);
    }

    [Fact]
    public async Task A_wrong_called_AE_title_is_refused_in_words_that_dcmtk_prints()
    {
        await using RunningListener listener = new(new AcceptancePolicy { CalledAeTitles = ["HEMATOMA"] });
        var (exit, output) = await Programs.RunAsync(Programs.Find("echoscu", "dcmtk"),
            ["-v", "-aec", "WRONG", "127.0.0.1", $"{listener.Port}"], Cancellation, NoDelay);
        Assert.NotEqual(0, exit);
        Assert.Contains("Called AE Title Not Recognized", output, StringComparison.Ordinal);
        Assert.Empty(listener.Opened);
    }

    [Fact]
    public async Task The_stored_file_names_sender_and_syntax_and_dcmdump_reads_it()
    {
        await using RunningListener listener = new();
        string slice = Slices(1)[0];
        await Programs.RunAsync(Programs.Find("dcmsend", "dcmtk"), ["-aet", "SCANNER", "127.0.0.1", $"{listener.Port}", slice],
            Cancellation, NoDelay);
        var (exit, output) = await Programs.RunAsync(Programs.Find("dcmdump", "dcmtk"),
            ["+P", "0002,0010", "+P", "0002,0016", Assert.Single(listener.Files)], Cancellation);
        Assert.True(exit == 0, output);
        Assert.Contains("LittleEndianExplicit", output, StringComparison.Ordinal);
        Assert.Contains("[SCANNER]", output, StringComparison.Ordinal);
    }

    internal static void AssertStored(RunningListener listener, string[] sources)
    {
        Assert.Equal(sources.Length, listener.Files.Length);
        foreach (string source in sources)
        {
            OutgoingFile sent = OutgoingFile.Read(source), stored = OutgoingFile.Read(listener.FileOf(sent.SopInstance.Value));
            Assert.Equal(sent.Syntax, stored.Syntax);
            Assert.Equal(File.ReadAllBytes(source)[(int)sent.Offset!..], File.ReadAllBytes(stored.Path)[(int)stored.Offset!..]);
        }
    }
}
