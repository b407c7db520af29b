using System.Buffers.Binary;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>One plane's stored values to Hounsfield units by its own rescale; padding and everything below air becomes air.</summary>
/// <remarks>PS3.3 §C.11.1.1.2 (Modality LUT), §C.7.5.1.1.2 (Pixel Padding Value); PS3.5 §8.1.1 (bits stored and high bit).</remarks>
internal static class HounsfieldReader
{
    /// <summary>Outside the field of reconstruction scanners write −1024 and anything below.</summary>
    private const short Air = -1024;

    private const int SurelyAir = -500, MostHu = 3072;

    /// <param name="slice">The plane.</param>
    /// <param name="hounsfield">Filled; as long as the plane has pixels.</param>
    /// <param name="number">What messages call the slice, from 1.</param>
    /// <param name="cancellation">Stops decoding.</param>
    /// <exception cref="NotEligibleException">The pixels are damaged, or stored as this version does not read.</exception>
    public static void Read(CtInstance slice, Span<short> hounsfield, int number, CancellationToken cancellation)
    {
        DicomDataset header = slice.Header;
        string name = slice.FrameNumber is { } frame ? $"{slice.SeriesName}, slice {number} (frame {frame})" : $"{slice.SeriesName}, slice {number}";
        byte[] pixels;
        try
        {
            pixels = slice.ReadPixels(cancellation);
        }
        catch (DicomFormatException e)
        {
            throw new NotEligibleException($"{name}: {e.Message}. Send the series again", e);
        }

        int stored = header.GetSingleValue<ushort>(DicomTag.BitsStored), high = header.GetSingleValue<ushort>(DicomTag.HighBit);
        // Decoders of compressed pixels give the value in the lowest bits, whatever the high bit was.
        if (stored is < 1 or > 16 || high < stored - 1 || high > 15 || (high != stored - 1 && slice.TransferSyntax.IsEncapsulated))
            throw new NotEligibleException($"{name}: {stored} bits stored with high bit {high} is not an image this version reads");
        if (pixels.Length < 2 * hounsfield.Length)
            throw new NotEligibleException($"{name}: {pixels.Length} bytes of pixels where {2 * hounsfield.Length} are needed. Send the series again");
        bool signed = header.GetSingleValue<ushort>(DicomTag.PixelRepresentation) == 1;
        double slope = CtInstance.Numbers(header, DicomTag.RescaleSlope)[0], intercept = CtInstance.Numbers(header, DicomTag.RescaleIntercept)[0];
        (int low, int highest) = Padding(header, signed);

        // Bits above the high bit and below the value may hold anything (overlays, once): they are shifted out on both sides.
        int above = 15 - high, unused = 16 - stored;
        ReadOnlySpan<byte> bytes = pixels;
        for (int k = 0; k < hounsfield.Length; k++)
        {
            ushort raw = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * k)..]);
            int value = signed ? (short)(raw << above) >> unused : (ushort)(raw << above) >> unused;
            int word = signed ? (short)raw : raw;
            // Some scanners pad with a value that does not fit the bits stored: the whole word counts too.
            bool isPadding = (value >= low && value <= highest) || (word >= low && word <= highest);
            hounsfield[k] = isPadding ? Air : (short)Math.Clamp(Math.Round(value * slope + intercept), Air, short.MaxValue);
        }
    }

    /// <summary>The highest Hounsfield value that the padding of a slice stands for, where it could be tissue or bone; null where it is none or air.</summary>
    public static int? PaddingInTissueHu(DicomDataset header)
    {
        (int low, int high) = Padding(header, signed: header.GetSingleValue<ushort>(DicomTag.PixelRepresentation) == 1);
        if (low > high) return null;
        double slope = CtInstance.Numbers(header, DicomTag.RescaleSlope)[0], intercept = CtInstance.Numbers(header, DicomTag.RescaleIntercept)[0];
        double hu = high * slope + intercept;
        return hu is > SurelyAir and < MostHu ? (int)Math.Round(hu) : null;
    }

    /// <summary>The stored values that mean "no measurement here": the padding value, or the range to its limit; an empty range when there
    /// is none.</summary>
    private static (int Low, int High) Padding(DicomDataset header, bool signed)
    {
        int? value = Read(DicomTag.PixelPaddingValue);
        if (value is null) return (int.MaxValue, int.MinValue);
        int limit = Read(DicomTag.PixelPaddingRangeLimit) ?? value.Value;
        return (Math.Min(value.Value, limit), Math.Max(value.Value, limit));

        // US or SS by pixel representation; read here as the 16 bits they are.
        int? Read(DicomTag tag) => header.TryGetItem(tag, out DicomItem? item) && item is DicomElement { Length: >= 2 } element
            ? signed ? BinaryPrimitives.ReadInt16LittleEndian(element.Bytes.Span) : BinaryPrimitives.ReadUInt16LittleEndian(element.Bytes.Span)
            : null;
    }
}
