using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

public sealed class NegotiationTests
{
    private const string Ct = "1.2.840.10008.5.1.4.1.1.2", Mr = "1.2.840.10008.5.1.4.1.1.4",
        ImplicitLe = "1.2.840.10008.1.2", ExplicitLe = "1.2.840.10008.1.2.1", Jpeg2000 = "1.2.840.10008.1.2.4.90", JpegLs = "1.2.840.10008.1.2.4.80",
        JpegBaseline = "1.2.840.10008.1.2.4.50";

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
    public void What_can_be_decoded_is_accepted_without_loss_first_and_JPEG_2000_only_where_its_library_is()
    {
        AcceptancePolicy with = new() { TransferSyntaxes = PixelDecoders.List(withJpeg2000: true) };
        AcceptancePolicy without = new() { TransferSyntaxes = PixelDecoders.List(withJpeg2000: false) };
        Assert.Equal(ExplicitLe, Chosen(with, Jpeg2000, JpegBaseline, JpegLs, ExplicitLe));
        Assert.Equal(JpegLs, Chosen(with, JpegBaseline, JpegLs));
        Assert.Equal(Jpeg2000, Chosen(with, JpegBaseline, Jpeg2000));
        Assert.Equal(JpegBaseline, Chosen(without, JpegBaseline, Jpeg2000));
        var refused = Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(Request(new PresentationContext(1, Ct, [Jpeg2000])), without, 0));
        Assert.Equal(ContextResult.TransferSyntaxesNotSupported, Assert.Single(refused.Contexts).Result);
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

    [Fact]
    public void The_usual_role_is_granted_and_the_reversed_one_refused_where_we_are_only_a_receiver()
    {
        AAssociateRq request = Asking([new(Ct, Scu: true, Scp: true), new("1.2.3.4", true, true), new(Mr, Scu: false, Scp: true)],
            new(1, Ct, [ImplicitLe]), new(3, "1.2.3.4", [ImplicitLe]), new(5, Mr, [ImplicitLe]));
        var accept = Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(request, Any, 0));
        Assert.Equal([ContextResult.Acceptance, ContextResult.AbstractSyntaxNotSupported, ContextResult.UserRejection],
            accept.Contexts.Select(c => c.Result));
        Assert.Equal([new RoleSelection(Ct, Scu: true, Scp: false)], accept.Answers.Roles);
    }

    [Theory]
    [InlineData(false, false, null, ContextResultCode.AbstractSyntaxNotSupported)]
    [InlineData(true, false, null, ContextResultCode.Acceptance)]
    [InlineData(false, true, null, ContextResultCode.UserRejection)]
    [InlineData(true, false, "scu", ContextResultCode.Acceptance)]
    [InlineData(true, false, "scp", ContextResultCode.UserRejection)]
    [InlineData(false, true, "scp", ContextResultCode.Acceptance)]
    [InlineData(true, true, "both", ContextResultCode.Acceptance)]
    public void Storage_commitment_is_accepted_in_the_roles_that_are_served(bool commits, bool takes, string? asked,
        ContextResultCode expected)
    {
        string uid = DicomUID.StorageCommitmentPushModel.Value;
        RoleSelection role = new(uid, asked is "scu" or "both", asked is "scp" or "both");
        AAssociateRq request = Asking(asked is null ? [] : [role], new PresentationContext(1, uid, [Jpeg2000, ImplicitLe]));
        var accept = Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(request, Any, 0, new CommitmentRoles(commits, takes)));
        Assert.Equal((int)expected, (int)Assert.Single(accept.Contexts).Result);
        Assert.Equal(expected == ContextResultCode.Acceptance && asked is not null ? [role] : [], accept.Answers.Roles);
    }

    public enum ContextResultCode { Acceptance = 0, UserRejection = 1, AbstractSyntaxNotSupported = 3 }

    [Theory]
    [InlineData(1, true, true)]
    [InlineData(2, true, true)]
    [InlineData(2, false, false)]
    [InlineData(3, true, false)]
    [InlineData(4, true, false)]
    [InlineData(5, true, false)]
    public void A_user_identity_is_confirmed_where_it_is_understood_and_confirmation_asked_for(byte type, bool asked, bool confirmed)
    {
        AAssociateRq request = Request(new PresentationContext(1, Ct, [ImplicitLe])) with
        {
            User = new UserItems { Identity = new UserIdentity(type, asked, "user"u8.ToArray(), "secret"u8.ToArray()) },
        };
        var accept = Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(request, Any, 0));
        Assert.Equal(confirmed, accept.Answers.IdentityResponse is not null);
        Assert.Null(accept.Answers.Identity);
        Assert.DoesNotContain("secret", request.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Extended_negotiation_is_read_and_not_echoed()
    {
        AAssociateRq request = Request(new PresentationContext(1, Ct, [ImplicitLe])) with
        {
            User = new UserItems
            {
                Extended = [new(Ct, new byte[] { 2, 0, 3, 0, 1, 0 })],
                CommonExtended = [new(Ct, "1.2.840.10008.4.2", ["1.2.3"])],
            },
        };
        UserItems answers = Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(request, Any, 0)).Answers;
        Assert.Empty(answers.Extended);
        Assert.Empty(answers.CommonExtended);
        Assert.Null(answers.AsynchronousWindow);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public void A_requestor_may_send_ahead_what_it_asks_for_and_gets_nothing_sent_ahead_by_us(int asked, int granted)
    {
        AAssociateRq request = Request(new PresentationContext(1, Ct, [ImplicitLe])) with
        {
            User = new UserItems { AsynchronousWindow = ((ushort)asked, 7) },
        };
        Assert.Equal(((ushort)granted, (ushort)1),
            Assert.IsType<NegotiationDecision.Accept>(Negotiation.Decide(request, Any, 0)).Answers.AsynchronousWindow);
    }

    [Theory]
    [InlineData(8, 3, 3)]
    [InlineData(8, 20, 8)]
    [InlineData(8, 0, 8)]
    [InlineData(8, null, 1)]
    [InlineData(null, 8, 1)]
    public void The_window_is_what_both_sides_agree_on(int? asked, int? granted, int expected) =>
        Assert.Equal(expected, Negotiation.Window(Window(asked), Window(granted)));

    private static UserItems Window(int? invoked) => new() { AsynchronousWindow = invoked is { } count ? ((ushort)count, 1) : null };

    private static AAssociateRq Asking(RoleSelection[] roles, params PresentationContext[] contexts) =>
        Request(contexts) with { User = new UserItems { Roles = roles } };

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
