namespace HematomaPacsAgent.Dicom.Network;

/// <summary>What a DIMSE status means to the one who asked.</summary>
public enum DicomStatusClass { Success, Pending, Warning, Failure, Cancel }

/// <summary>The status of a DIMSE response; every code that this project sends or explains stands here and nowhere else.</summary>
/// <remarks>PS3.7 annex C, PS3.4 table B.2-1</remarks>
public readonly record struct DicomStatus(ushort Code)
{
    public static readonly DicomStatus Success = new(0x0000);
    public static readonly DicomStatus Pending = new(0xFF00);
    public static readonly DicomStatus Cancel = new(0xFE00);

    /// <summary>The handler failed; nothing was kept. The sender may try again.</summary>
    public static readonly DicomStatus ProcessingFailure = new(0x0110);

    /// <summary>An instance of this UID is here already and the receiver does not take it twice.</summary>
    public static readonly DicomStatus DuplicateSopInstance = new(0x0111);

    public static readonly DicomStatus NoSuchSopInstance = new(0x0112);
    public static readonly DicomStatus NoSuchEventType = new(0x0113);
    public static readonly DicomStatus InvalidArgumentValue = new(0x0115);
    public static readonly DicomStatus InvalidSopInstance = new(0x0117);
    public static readonly DicomStatus NoSuchSopClass = new(0x0118);

    /// <summary>The instance is here as one of another SOP class.</summary>
    public static readonly DicomStatus ClassInstanceConflict = new(0x0119);

    public static readonly DicomStatus SopClassNotSupported = new(0x0122);
    public static readonly DicomStatus NoSuchActionType = new(0x0123);
    public static readonly DicomStatus NotAuthorized = new(0x0124);
    public static readonly DicomStatus DuplicateTransactionUid = new(0x0131);
    public static readonly DicomStatus DuplicateInvocation = new(0x0210);
    public static readonly DicomStatus UnrecognizedOperation = new(0x0211);
    public static readonly DicomStatus MistypedArgument = new(0x0212);
    public static readonly DicomStatus ResourceLimitation = new(0x0213);

    /// <summary>No room: the disk is full or above its high-water mark. The sender may try again later.</summary>
    public static readonly DicomStatus OutOfResources = new(0xA700);

    public static readonly DicomStatus DataSetDoesNotMatchSopClass = new(0xA900);

    /// <summary>The bytes received are no readable data set.</summary>
    public static readonly DicomStatus CannotUnderstand = new(0xC000);

    public static readonly DicomStatus CoercionOfDataElements = new(0xB000);
    public static readonly DicomStatus ElementsDiscarded = new(0xB006);
    public static readonly DicomStatus DataSetDoesNotMatchSopClassWarning = new(0xB007);

    public DicomStatusClass Class => Code switch
    {
        0x0000 => DicomStatusClass.Success,
        0xFF00 or 0xFF01 => DicomStatusClass.Pending,
        0xFE00 => DicomStatusClass.Cancel,
        0x0001 or 0x0107 or 0x0116 or (>= 0xB000 and <= 0xBFFF) => DicomStatusClass.Warning,
        _ => DicomStatusClass.Failure,
    };

    public bool IsSuccess => Class == DicomStatusClass.Success;

    /// <summary>The instance is with the receiver: success, or success with a remark.</summary>
    public bool IsKept => Class is DicomStatusClass.Success or DicomStatusClass.Warning;

    /// <summary>The meaning in plain words, without the number.</summary>
    public string Text => Code switch
    {
        0x0000 => "success",
        0x0107 => "attribute list error",
        0x0110 => "processing failure",
        0x0111 => "duplicate SOP instance",
        0x0112 => "no such SOP instance",
        0x0113 => "no such event type",
        0x0114 => "no such argument",
        0x0115 => "invalid argument value",
        0x0116 => "attribute value out of range",
        0x0117 => "invalid SOP instance",
        0x0118 => "no such SOP class",
        0x0119 => "class-instance conflict",
        0x0122 => "SOP class not supported",
        0x0123 => "no such action type",
        0x0124 => "not authorized",
        0x0131 => "duplicate transaction UID",
        0x0210 => "duplicate invocation",
        0x0211 => "unrecognized operation",
        0x0212 => "mistyped argument",
        0x0213 => "resource limitation",
        0xB000 => "stored, data elements were coerced",
        0xB006 => "stored, elements were discarded",
        0xB007 => "stored, data set does not match SOP class",
        0xFE00 => "cancelled",
        0xFF00 or 0xFF01 => "pending",
        >= 0xA700 and <= 0xA7FF => "refused: out of resources",
        0xA801 => "refused: move destination unknown",
        >= 0xA900 and <= 0xA9FF => "data set does not match SOP class",
        >= 0xB000 and <= 0xBFFF => "warning",
        >= 0xC000 and <= 0xCFFF => "cannot understand",
        _ => "failure",
    };

    public override string ToString() => $"0x{Code:X4} {Text}";
}
