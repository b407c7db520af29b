using System.Globalization;

namespace HematomaPacsAgent.Dicom;

/// <summary>Numbers as DS: at most 16 characters.</summary>
/// <remarks>PS3.5 §6.2, VR DS.</remarks>
public static class DicomDecimalString
{
    private const int Longest = 16;

    /// <summary>The shortest text that reads back as the same number, or the nearest that fits 16 characters.</summary>
    /// <exception cref="ArgumentException">The number is not finite: DS has no words for that.</exception>
    public static string Format(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"{value} cannot be written as DS", nameof(value));
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        for (int digits = 15; text.Length > Longest && digits > 0; digits--) text = value.ToString("G" + digits, CultureInfo.InvariantCulture);
        return text;
    }
}
