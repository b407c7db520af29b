namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>What every decoder asks of its caller.</summary>
internal static class CodecGuard
{
    public static void TargetHolds(PixelFormat format, ReadOnlySpan<byte> target)
    {
        if (target.Length != format.FrameBytes)
            throw new ArgumentException($"target has {target.Length} bytes; the frame has {format.FrameBytes}", nameof(target));
    }
}
