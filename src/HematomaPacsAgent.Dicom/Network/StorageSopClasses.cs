namespace HematomaPacsAgent.Dicom.Network;

internal static class StorageSopClasses
{
    public const string Verification = "1.2.840.10008.1.1";
}
