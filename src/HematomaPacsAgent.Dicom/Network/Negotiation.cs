namespace HematomaPacsAgent.Dicom.Network;

/// <summary>What to answer to an A-ASSOCIATE-RQ.</summary>
internal abstract record NegotiationDecision
{
    private NegotiationDecision() { }

    /// <summary>Accept; one result for each context proposed, in their order. All of them may be refusals.</summary>
    public sealed record Accept(IReadOnlyList<PresentationContextResult> Contexts) : NegotiationDecision;

    public sealed record Reject(AAssociateRj Rejection) : NegotiationDecision;
}

/// <summary>Decides on association requests. Pure: nothing is sent or counted here.</summary>
/// <remarks>PS3.8 §7.1.1, §9.3.3, §9.3.4</remarks>
internal static class Negotiation
{
    /// <param name="request">As received.</param>
    /// <param name="policy">What we serve, and whom.</param>
    /// <param name="openAssociations">Associations open now, this one not counted.</param>
    public static NegotiationDecision Decide(AAssociateRq request, AcceptancePolicy policy, int openAssociations)
    {
        AAssociateRj? rejection = request switch
        {
            _ when (request.ProtocolVersion & 1) == 0 => AAssociateRj.ProtocolVersionNotSupported,
            _ when request.ApplicationContextName != ApplicationContext.Dicom => AAssociateRj.ApplicationContextNotSupported,
            _ when !(policy.CalledAeTitles?.Contains(request.CalledAeTitle) ?? true) => AAssociateRj.CalledAeNotRecognized,
            _ when openAssociations >= policy.MaxAssociations => AAssociateRj.LocalLimitExceeded,
            _ => null,
        };
        return rejection is not null
            ? new NegotiationDecision.Reject(rejection)
            : new NegotiationDecision.Accept([.. request.Contexts.Select(context => Decide(context, policy))]);
    }

    private static PresentationContextResult Decide(PresentationContext context, AcceptancePolicy policy)
    {
        // A refusal still names a transfer syntax; its value is not significant (PS3.8 table 9-18).
        string first = context.TransferSyntaxes.Count > 0 ? context.TransferSyntaxes[0]
            : DicomTransferSyntax.ImplicitVRLittleEndian.Uid.Value;
        if (!policy.AbstractSyntaxes.Contains(new DicomUID(context.AbstractSyntax)))
            return new(context.Id, ContextResult.AbstractSyntaxNotSupported, first);
        return policy.TransferSyntaxes.FirstOrDefault(syntax => context.TransferSyntaxes.Contains(syntax.Uid.Value)) is { } chosen
            ? new(context.Id, ContextResult.Acceptance, chosen.Uid.Value)
            : new(context.Id, ContextResult.TransferSyntaxesNotSupported, first);
    }
}
