namespace HematomaPacsAgent.Dicom.Network;

/// <summary>A C-STORE-RQ in progress: the data set is still on its way.</summary>
/// <remarks>PS3.7 §9.1.1, §9.3.1</remarks>
public sealed class CStoreRequest
{
    public required AssociationPeer Association { get; init; }

    public required ushort MessageId { get; init; }

    /// <summary>As the command says, equal to the abstract syntax of the presentation context.</summary>
    public required DicomUID SopClassUid { get; init; }

    /// <summary>As the command says: digits and dots, at most 64, so fit for a file name. Whether the data set agrees is for the receiver
    /// to check.</summary>
    public required DicomUID SopInstanceUid { get; init; }

    /// <summary>The encoding of <see cref="Dataset"/>.</summary>
    public required DicomTransferSyntax TransferSyntax { get; init; }

    /// <summary>The data set's bytes as they come off the wire, without file meta information. Read forward, asynchronously, within the
    /// handler. Ends exactly after the last fragment; throws <see cref="DicomNetworkException"/> when the association dies
    /// before.</summary>
    public required Stream Dataset { get; init; }
}
