using System.Text.RegularExpressions;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>What DCMTK's programs propose, and what they see of us.</summary>
public sealed class DcmtkPeerTests : IDisposable
{
    private static readonly Dictionary<string, string> NoDelay = new() { ["TCP_NODELAY"] = "1" };

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Slice => Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm").Order().First();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_peer_sees_our_implementation_class_UID_and_version_name_in_either_role()
    {
        await using RunningListener listener = new();
        var (exit, output) = await Programs.RunAsync(Programs.Find("echoscu", "dcmtk"),
            ["-d", "-aec", "HEMATOMA", "127.0.0.1", $"{listener.Port}"], Cancellation, NoDelay);
        Assert.True(exit == 0, output);
        AssertNamed(output);

        await using StoreScp scp = await StoreScp.StartAsync(folder.Path, "-d");
        await EchoScu.EchoAsync(scp.Remote, "HEMATOMA", null, Cancellation);
        await Eventually.SeeAsync("storescp prints the association", TimeSpan.FromSeconds(10), () =>
            Task.FromResult(scp.Output.Contains("Their Implementation Version Name: HEMATOMA", StringComparison.Ordinal)));
        AssertNamed(scp.Output);

        static void AssertNamed(string output)
        {
            Assert.Matches($@"Their Implementation Class UID:\s+{Regex.Escape(DicomImplementation.ClassUid.Value)}\s", output);
            Assert.Matches($@"Their Implementation Version Name:\s+{Regex.Escape(DicomImplementation.VersionName)}\s", output);
        }
    }

    [Theory]
    [InlineData("--propose-uncompr")]
    [InlineData("--propose-little")]
    [InlineData("--propose-big")]
    [InlineData("--propose-implicit")]
    [InlineData("--propose-lossless")]
    [InlineData("--propose-jpeg8")]
    [InlineData("--propose-jpeg12")]
    [InlineData("--propose-j2k-lossless")]
    [InlineData("--propose-jls-lossless")]
    [InlineData("--propose-rle")]
    [InlineData("--propose-deflated")]
    public async Task Whatever_storescu_proposes_beside_it_an_uncompressed_slice_comes_uncompressed(string proposal)
    {
        await using RunningListener listener = new();
        var (exit, output) = await Programs.RunAsync(Programs.Find("storescu", "dcmtk"),
            ["-v", proposal, "-aec", "HEMATOMA", "127.0.0.1", $"{listener.Port}", Slice], Cancellation, NoDelay);
        Assert.True(exit == 0, output);
        DicomFile stored = DicomFile.Open(Assert.Single(listener.Files));
        Assert.Equal(proposal == "--propose-implicit" ? DicomTransferSyntax.ImplicitVRLittleEndian
            : DicomTransferSyntax.ExplicitVRLittleEndian, stored.TransferSyntax);
        Assert.Equal("released", await listener.ClosedAsync());
    }

    [Theory]
    [InlineData(4096u, 4096)]
    [InlineData(4096u, 131072)]
    [InlineData(131072u, 4096)]
    [InlineData(0u, 65536)]
    public async Task PDU_sizes_of_both_sides_are_kept_to(uint ours, int theirs)
    {
        await using RunningListener listener = new(association: new AssociationOptions { MaxPduLength = ours });
        var (exit, output) = await Programs.RunAsync(Programs.Find("storescu", "dcmtk"),
            ["-v", "-xe", "--max-pdu", $"{theirs}", "--max-send-pdu", "131072", "-aec", "HEMATOMA", "127.0.0.1", $"{listener.Port}", Slice],
            Cancellation, NoDelay);
        Assert.True(exit == 0, output);
        ListenerTests.AssertStored(listener, [Slice]);

        await using StoreScp scp = await StoreScp.StartAsync(folder.Path, "--bit-preserving", "--max-pdu", $"{theirs}");
        StoreResult result = Assert.Single(await StoreScu.SendAsync(scp.Remote, "HEMATOMA", [Slice], null,
            new AssociationOptions { MaxPduLength = ours }, Cancellation));
        Assert.True(result.Stored, result.Reason);
    }

    [Theory]
    [InlineData(true, "-usr", "doctor", "-rsp")]
    [InlineData(true, "-usr", "doctor", "-pwd", "hush-hush", "-rsp")]
    [InlineData(false, "-usr", "doctor", "-epw")]
    [InlineData(false, "--saml", "FILE")]
    [InlineData(false, "--saml", "FILE", "-rsp")]
    public async Task A_user_identity_is_taken_and_one_not_understood_is_not_confirmed(bool confirmed, params string[] identity)
    {
        await using RunningListener listener = new();
        File.WriteAllText(folder["saml.xml"], "<saml/>");
        var (exit, output) = await Programs.RunAsync(Programs.Find("storescu", "dcmtk"),
            ["-d", "-xe", .. identity.Select(word => word == "FILE" ? folder["saml.xml"] : word), "-aec", "HEMATOMA", "127.0.0.1",
                $"{listener.Port}", Slice], Cancellation, NoDelay);
        Assert.True(exit == 0, output);
        Assert.Single(listener.Files);
        // It prints the request, which has no response, and then the acceptance.
        string accepted = output[output.IndexOf("BEGIN A-ASSOCIATE-AC", StringComparison.Ordinal)..];
        Assert.Equal(!confirmed, accepted.Contains("User Identity Negotiation Response:  none", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("findscu")]
    [InlineData("movescu")]
    [InlineData("getscu")]
    public async Task A_service_that_we_do_not_offer_is_refused_by_its_presentation_contexts(string program)
    {
        await using RunningListener listener = new();
        var (exit, output) = await Programs.RunAsync(Programs.Find(program, "dcmtk"),
            ["-v", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2", "-aec", "HEMATOMA", "127.0.0.1",
                $"{listener.Port}"], Cancellation, NoDelay);
        Assert.True(exit != 0, output);
        Assert.Contains("No Acceptable Presentation Contexts", output, StringComparison.OrdinalIgnoreCase);
        await listener.ClosedAsync();
        Assert.Equal(0, listener.Listener.OpenAssociations);
    }

    [Fact]
    public async Task A_compressed_file_that_the_peer_refuses_names_what_it_would_take()
    {
        await using StoreScp scp = await StoreScp.StartAsync(folder.Path, "--implicit");
        string jpegLs = SharedFiles.Data("ct-transfer-syntaxes/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm");
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(scp.Remote, "HEMATOMA", [jpegLs, Slice], null, null, Cancellation);
        Assert.Equal([false, true], results.Select(result => result.Stored));
        Assert.Equal(DicomStatus.SopClassNotSupported, results[0].Status);
        Assert.Equal($"{scp.Remote} does not accept CT Image Storage in JPEG-LS Lossless Image Compression; of it, it accepts "
            + "Implicit VR Little Endian: the pixel data would have to be decoded first", results[0].Reason);
    }
}
