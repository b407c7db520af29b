using HematomaPacsAgent.Dicom.Objects;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>An instance whose safekeeping the peer does not take over.</summary>
/// <param name="Instance">Which.</param>
/// <param name="Reason">Why, as the peer codes it.</param>
/// <remarks>PS3.3 §C.14.1.1, Failure Reason (0008,1197)</remarks>
public sealed record CommitmentFailure(InstanceReference Instance, DicomStatus Reason)
{
    /// <summary>Why, and what to do.</summary>
    public string Why => Reason.Code switch
    {
        0x0110 => "the peer failed while it looked; ask again later",
        0x0112 => "the peer does not have it; send it again",
        0x0119 => "the peer has it as another SOP class; it was changed on the way, or its UID is used twice",
        0x0122 => "the peer does not keep this SOP class",
        0x0131 => "the transaction UID is in use at the peer; ask again with a new one",
        0x0211 => "the peer does not know this operation",
        0x0213 => "the peer has no room left; ask its administrator",
        _ => $"the peer gave {Reason}",
    };
}

/// <summary>What became of a request for storage commitment.</summary>
/// <param name="TransactionUid">Of the request.</param>
/// <param name="Committed">The peer keeps these; our copies may go.</param>
/// <param name="Failed">The peer does not keep these.</param>
public sealed record CommitmentResult(DicomUID TransactionUid, IReadOnlyList<InstanceReference> Committed,
    IReadOnlyList<CommitmentFailure> Failed)
{
    /// <summary>Those of a request that the peer says nothing of: not to be taken as kept.</summary>
    public IEnumerable<InstanceReference> Unanswered(IEnumerable<InstanceReference> requested)
    {
        HashSet<string> answered = [.. Committed.Concat(Failed.Select(failure => failure.Instance)).Select(i => i.SopInstanceUid.Value)];
        return requested.Where(instance => !answered.Contains(instance.SopInstanceUid.Value));
    }
}

/// <summary>The data sets of storage commitment.</summary>
/// <remarks>PS3.4 §J.3</remarks>
internal static class StorageCommitment
{
    /// <summary>N-ACTION: request storage commitment.</summary>
    public const ushort RequestAction = 1;

    /// <summary>N-EVENT-REPORT: all is kept.</summary>
    public const ushort AllCommitted = 1;

    /// <summary>N-EVENT-REPORT: some is not kept.</summary>
    public const ushort FailuresExist = 2;

    public static readonly DicomUID SopClass = DicomUID.StorageCommitmentPushModel;

    /// <summary>The one instance of the SOP class.</summary>
    public static readonly DicomUID Instance = new("1.2.840.10008.1.20.1.1");

    public static DicomDataset WriteRequest(DicomUID transaction, IReadOnlyList<InstanceReference> instances) => new DicomDataset()
        .AddOrUpdate(DicomTag.TransactionUID, transaction)
        .AddOrUpdate(DicomTag.ReferencedSOPSequence, [.. instances.Select(instance => instance.ToDataset())]);

    /// <exception cref="DicomValueException">It names no transaction, or no instance.</exception>
    public static (DicomUID Transaction, IReadOnlyList<InstanceReference> Instances) ReadRequest(DicomDataset dataset)
    {
        DicomUID transaction = Uid(dataset, DicomTag.TransactionUID);
        InstanceReference[] instances = [.. References(dataset, DicomTag.ReferencedSOPSequence).Select(Read)];
        return instances.Length > 0 ? (transaction, instances)
            : throw new DicomValueException("the request for storage commitment names no instance");
    }

    public static DicomDataset WriteResult(CommitmentResult result)
    {
        DicomDataset dataset = new DicomDataset().AddOrUpdate(DicomTag.TransactionUID, result.TransactionUid);
        if (result.Committed.Count > 0)
            dataset.AddOrUpdate(DicomTag.ReferencedSOPSequence, [.. result.Committed.Select(instance => instance.ToDataset())]);
        if (result.Failed.Count > 0)
            dataset.AddOrUpdate(DicomTag.FailedSOPSequence, [.. result.Failed.Select(failure =>
                failure.Instance.ToDataset().AddOrUpdate(DicomTag.FailureReason, failure.Reason.Code))]);
        return dataset;
    }

    /// <exception cref="DicomValueException">It names no transaction, or an instance without UIDs.</exception>
    public static CommitmentResult ReadResult(DicomDataset dataset) => new(Uid(dataset, DicomTag.TransactionUID),
        [.. References(dataset, DicomTag.ReferencedSOPSequence).Select(Read)],
        [.. References(dataset, DicomTag.FailedSOPSequence).Select(item => new CommitmentFailure(Read(item),
            item.TryGetSingleValue(DicomTag.FailureReason, out ushort reason) ? new DicomStatus(reason) : DicomStatus.ProcessingFailure))]);

    private static IEnumerable<DicomDataset> References(DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetSequence(tag, out DicomSequence? sequence) ? sequence.Items : [];

    private static InstanceReference Read(DicomDataset item) =>
        new(Uid(item, DicomTag.ReferencedSOPClassUID), Uid(item, DicomTag.ReferencedSOPInstanceUID));

    private static DicomUID Uid(DicomDataset dataset, DicomTag tag)
    {
        DicomUID uid = new(dataset.GetString(tag));
        return uid.IsValid ? uid : throw new DicomValueException($"{tag} holds no UID");
    }
}
