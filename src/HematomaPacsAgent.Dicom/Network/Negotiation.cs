namespace HematomaPacsAgent.Dicom.Network;

/// <summary>What to answer to an A-ASSOCIATE-RQ.</summary>
internal abstract record NegotiationDecision
{
    private NegotiationDecision() { }

    /// <summary>Accept; one result for each context proposed, in their order. All of them may be refusals.</summary>
    public sealed record Accept(IReadOnlyList<PresentationContextResult> Contexts) : NegotiationDecision
    {
        /// <summary>What to say of ourselves, but for sizes and names: roles, window and user identity where the requestor brought them
        /// up. Extended negotiation that we do not understand stays unanswered, which refuses it (PS3.7 §D.3.3.5).</summary>
        public UserItems Answers { get; init; } = new();
    }

    public sealed record Reject(AAssociateRj Rejection) : NegotiationDecision;
}

/// <summary>What a listener does beside verification and storage.</summary>
/// <param name="Commits">It gives storage commitment: the requestor is SCU of it.</param>
/// <param name="TakesCommitments">It awaits storage commitment reports: the requestor is SCP of it.</param>
internal readonly record struct CommitmentRoles(bool Commits, bool TakesCommitments);

/// <summary>Decides on association requests. Pure: nothing is sent or counted here.</summary>
/// <remarks>PS3.8 §7.1.1, §9.3.3, §9.3.4</remarks>
internal static class Negotiation
{
    /// <summary>What everyone reads, the one that carries its own dictionary first.</summary>
    public static readonly IReadOnlyList<DicomTransferSyntax> Native =
        [DicomTransferSyntax.ExplicitVRLittleEndian, DicomTransferSyntax.ImplicitVRLittleEndian];

    /// <param name="request">As received.</param>
    /// <param name="policy">What we serve, and whom.</param>
    /// <param name="openAssociations">Associations open now, this one not counted.</param>
    /// <param name="commitment">Whether storage commitment is served.</param>
    public static NegotiationDecision Decide(AAssociateRq request, AcceptancePolicy policy, int openAssociations,
        CommitmentRoles commitment = default)
    {
        AAssociateRj? rejection = request switch
        {
            _ when (request.ProtocolVersion & 1) == 0 => AAssociateRj.ProtocolVersionNotSupported,
            _ when request.ApplicationContextName != ApplicationContext.Dicom => AAssociateRj.ApplicationContextNotSupported,
            _ when !(policy.CalledAeTitles?.Contains(request.CalledAeTitle) ?? true) => AAssociateRj.CalledAeNotRecognized,
            _ when openAssociations >= policy.MaxAssociations => AAssociateRj.LocalLimitExceeded,
            _ => null,
        };
        if (rejection is not null) return new NegotiationDecision.Reject(rejection);
        Dictionary<string, RoleSelection> roles = Roles(request, policy, commitment);
        PresentationContextResult[] contexts = [.. request.Contexts.Select(context => Decide(context, policy, commitment, roles))];
        return new NegotiationDecision.Accept(contexts)
        {
            Answers = new UserItems
            {
                Roles = [.. roles.Values.Where(role => contexts.Zip(request.Contexts).Any(pair =>
                    pair.First.Result == ContextResult.Acceptance && pair.Second.AbstractSyntax == role.SopClassUid))],
                // Requests sent ahead are served in their order, so there is no need to grant fewer; we ourselves never send ahead.
                AsynchronousWindow = request.User.AsynchronousWindow is var (invoked, _) ? (invoked, (ushort)1) : null,
                // A name, with a passcode or without, is taken note of; other types are not understood here, hence not confirmed.
                IdentityResponse = request.User.Identity is { ResponseRequested: true, IdentityType: 1 or 2 }
                    ? ReadOnlyMemory<byte>.Empty : default(ReadOnlyMemory<byte>?),
            },
        };
    }

    /// <summary>How many requests the requestor may leave unanswered, once the acceptor has spoken; 1 where either is silent.</summary>
    /// <remarks>PS3.7 §D.3.3.3; 0 means no limit</remarks>
    public static int Window(UserItems request, UserItems answer)
    {
        if (request.AsynchronousWindow is not var (asked, _) || answer.AsynchronousWindow is not var (granted, _)) return 1;
        return granted == 0 ? asked : Math.Min(asked, granted);
    }

    /// <summary>Answers to the roles asked for: the usual one wherever we serve the class, the reversed one for storage commitment reports.
    /// </summary>
    /// <remarks>PS3.7 §D.3.3.4</remarks>
    private static Dictionary<string, RoleSelection> Roles(AAssociateRq request, AcceptancePolicy policy, CommitmentRoles commitment)
    {
        Dictionary<string, RoleSelection> roles = [];
        foreach (RoleSelection asked in request.User.Roles)
        {
            bool isCommitment = asked.SopClassUid == DicomUID.StorageCommitmentPushModel.Value;
            bool served = isCommitment ? commitment.Commits : policy.AbstractSyntaxes.Contains(new DicomUID(asked.SopClassUid));
            roles[asked.SopClassUid] = new(asked.SopClassUid, asked.Scu && served,
                asked.Scp && isCommitment && commitment.TakesCommitments);
        }

        return roles;
    }

    private static PresentationContextResult Decide(PresentationContext context, AcceptancePolicy policy, CommitmentRoles commitment,
        Dictionary<string, RoleSelection> roles)
    {
        // A refusal still names a transfer syntax; its value is not significant (PS3.8 table 9-18).
        string first = context.TransferSyntaxes.Count > 0 ? context.TransferSyntaxes[0]
            : DicomTransferSyntax.ImplicitVRLittleEndian.Uid.Value;
        bool isCommitment = context.AbstractSyntax == DicomUID.StorageCommitmentPushModel.Value;
        if (isCommitment ? commitment == default : !policy.AbstractSyntaxes.Contains(new DicomUID(context.AbstractSyntax)))
            return new(context.Id, ContextResult.AbstractSyntaxNotSupported, first);
        bool hasRole = roles.TryGetValue(context.AbstractSyntax, out RoleSelection? role) ? role.Scu || role.Scp
            : !isCommitment || commitment.Commits;
        if (!hasRole) return new(context.Id, ContextResult.UserRejection, first);
        return (isCommitment ? Native : policy.TransferSyntaxes)
            .FirstOrDefault(syntax => context.TransferSyntaxes.Contains(syntax.Uid.Value)) is { } chosen
            ? new(context.Id, ContextResult.Acceptance, chosen.Uid.Value)
            : new(context.Id, ContextResult.TransferSyntaxesNotSupported, first);
    }
}
