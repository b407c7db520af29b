namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>A code of a coding scheme: value, scheme designator and meaning.</summary>
/// <remarks>PS3.3 §8.8 (Code Sequence Macro).</remarks>
public sealed record CodedConcept
{
    /// <param name="value">Code Value, up to 16 characters.</param>
    /// <param name="scheme">Coding Scheme Designator, up to 16 characters; private schemes begin with 99.</param>
    /// <param name="meaning">Code Meaning, up to 64 characters.</param>
    /// <exception cref="ArgumentException">A part is empty or too long.</exception>
    public CodedConcept(string value, string scheme, string meaning)
    {
        Value = Checked(value, 16, nameof(value));
        Scheme = Checked(scheme, 16, nameof(scheme));
        Meaning = Checked(meaning, 64, nameof(meaning));
    }

    public string Value { get; }
    public string Scheme { get; }
    public string Meaning { get; }

    public DicomDataset ToDataset() => new DicomDataset()
        .AddOrUpdate(DicomTag.CodeValue, Value)
        .AddOrUpdate(DicomTag.CodingSchemeDesignator, Scheme)
        .AddOrUpdate(DicomTag.CodeMeaning, Meaning);

    private static string Checked(string text, int longest, string name) =>
        text.Length >= 1 && text.Length <= longest ? text : throw new ArgumentException($"'{text}' has {text.Length} characters; 1 to {longest} are allowed", name);
}
