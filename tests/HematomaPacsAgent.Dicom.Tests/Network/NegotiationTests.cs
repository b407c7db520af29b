using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

public sealed class NegotiationTests
{
    private const string Ct = "1.2.840.10008.5.1.4.1.1.2", ImplicitLe = "1.2.840.10008.1.2", ExplicitLe = "1.2.840.10008.1.2.1",
        Jpeg2000 = "1.2.840.10008.1.2.4.90", JpegLs = "1.2.840.10008.1.2.4.80";

    private static readonly AcceptancePolicy Any = new();

    [Fact]
    public void Explicit_little_endian_wins_then_implicit_then_the_order_of_the_policy()
    {
        AcceptancePolicy policy = new() { TransferSyntaxes = [Syntax(Jpeg2000), Syntax(JpegLs), Syntax(ImplicitLe), Syntax(ExplicitLe)] };
        Assert.Equal(ExplicitLe, Chosen(policy, JpegLs, ImplicitLe, ExplicitLe));
        Assert.Equal(ImplicitLe, Chosen(policy, Jpeg2000, ImplicitLe));
        Assert.Equal(Jpeg2000, Chosen(policy, JpegLs, Jpeg2000));
    }

    [Fact]
    public void An_unknown_SOP_class_is_answered_with_3_and_an_unknown_syntax_with_4()
    {
        AAssociateRq request = Request(new(1, "1.2.3.4", [ImplicitLe]), new(3, Ct, [Jpeg2000]), new(5, Ct, []), new(7, Ct, [ImplicitLe]));
        var accept = Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(request, Any, 0));
        Assert.Equal([(byte)1, 3, 5, 7], accept.Contexts.Select(c => c.Id));
        Assert.Equal([3, 4, 4, 0], accept.Contexts.Select(c => (int)c.Result));
    }

    [Fact]
    public void Verification_and_the_storage_classes_are_served_by_default()
    {
        string[] classes = ["1.2.840.10008.1.1", Ct, "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.4",
            "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.88.33",
            "1.2.840.10008.5.1.4.1.1.88.34", "1.2.840.10008.5.1.4.1.1.104.1"];
        foreach (string sopClass in classes) Assert.Contains(new DicomUID(sopClass), Any.AbstractSyntaxes);
        Assert.DoesNotContain(new DicomUID("1.2.840.10008.5.1.4.1.2.2.1"), Any.AbstractSyntaxes);
        Assert.DoesNotContain(DicomUID.StorageCommitmentPushModel, Any.AbstractSyntaxes);
    }

    [Fact]
    public void Rejections_say_who_refuses_and_why()
    {
        AAssociateRq request = Request(new PresentationContext(1, Ct, [ImplicitLe]));
        Assert.Equal((1, 1, 7), Rejection(request, Any with { CalledAeTitles = ["OTHER"] }));
        Assert.Equal((2, 3, 2), Rejection(request, Any with { MaxAssociations = 5 }));
        Assert.Equal((1, 2, 2), Rejection(request with { ProtocolVersion = 2 }, Any));
        Assert.Equal((1, 1, 2), Rejection(request with { ApplicationContextName = "1.2" }, Any));
        Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(request, Any with { CalledAeTitles = ["US"] }, 5));
    }

    private static (int, int, int) Rejection(AAssociateRq request, AcceptancePolicy policy)
    {
        AAssociateRj rejection = Assert.IsType<NegotiationDecision.Reject>(Negotiation.Decide(request, policy, 5)).Rejection;
        return ((int)rejection.Result, (int)rejection.Source, rejection.Reason);
    }

    private static string Chosen(AcceptancePolicy policy, params string[] proposed) =>
        Assert.IsType<NegotiationDecision.Accept>(
            Negotiation.Decide(Request(new PresentationContext(1, Ct, proposed)), policy, 0)).Contexts[0].TransferSyntax;

    private static DicomTransferSyntax Syntax(string uid) => DicomTransferSyntax.Lookup(new DicomUID(uid));

    private static AAssociateRq Request(params PresentationContext[] contexts) => new("US", "THEM", contexts, new UserItems());
}
