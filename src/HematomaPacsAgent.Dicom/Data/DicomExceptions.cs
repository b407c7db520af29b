namespace HematomaPacsAgent.Dicom;

/// <summary>Bytes that are not DICOM, or not whole. The message says where and what.</summary>
public sealed class DicomFormatException : IOException
{
    public DicomFormatException(string message) : base(message) { }

    public DicomFormatException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A data set lacks a value that was asked of it.</summary>
public sealed class DicomValueException(string message) : Exception(message);
