namespace HematomaPacsAgent.Dicom.Network;

/// <summary>How this software names itself to peers and in the files it writes.</summary>
/// <remarks>PS3.7 §D.3.3.2</remarks>
public static class LocalImplementation
{
    public const string ClassUid = "2.25.237764642041271490709399416285815811099";

    /// <summary>At most 16 characters.</summary>
    public const string VersionName = "HEMATOMA_0_1";

    internal static UserItems Offer(AssociationOptions options) => new()
    {
        MaxPduLength = options.MaxPduLength,
        ImplementationClassUid = ClassUid,
        ImplementationVersionName = VersionName,
    };
}
