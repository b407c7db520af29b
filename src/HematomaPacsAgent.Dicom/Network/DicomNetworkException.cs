namespace HematomaPacsAgent.Dicom.Network;

/// <summary>The peer cannot be reached, went silent, closed the connection, or broke the protocol. The message names the peer, the cause
/// and the remedy.</summary>
public class DicomNetworkException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>The peer answered A-ASSOCIATE-RJ.</summary>
/// <remarks>PS3.8 §9.3.4</remarks>
public sealed class AssociationRejectedException(RejectResult result, RejectSource source, byte reason, string message)
    : DicomNetworkException(message)
{
    public RejectResult Result { get; } = result;

    public RejectSource RejectedBy { get; } = source;

    /// <summary>Meaning depends on <see cref="RejectedBy"/>: PS3.8 table 9-21.</summary>
    public byte Reason { get; } = reason;

    /// <summary>Trying again without a change of configuration is in vain.</summary>
    public bool IsPermanent => Result == RejectResult.Permanent;

    /// <summary>The exception for a rejection received by a requestor.</summary>
    internal static AssociationRejectedException From(AAssociateRj rejection, RemoteAe remote, string callingAeTitle)
    {
        string cause = rejection.Why(callingAeTitle, remote.AeTitle);
        return new(rejection.Result, rejection.Source, rejection.Reason, $"{remote} refused the association: {cause}");
    }
}

/// <summary>One side ended the association with A-ABORT.</summary>
/// <remarks>PS3.8 §9.3.8</remarks>
public sealed class AssociationAbortedException(AbortSource source, AbortReason reason, string message, Exception? cause = null)
    : DicomNetworkException(message, cause)
{
    public AbortSource AbortedBy { get; } = source;

    public AbortReason Reason { get; } = reason;
}

/// <summary>The peer answered an operation with a failure; the association lives on.</summary>
/// <remarks>PS3.7 annex C</remarks>
public sealed class DimseFailureException(DicomStatus status, string message) : DicomNetworkException(message)
{
    public DicomStatus Status { get; } = status;
}
