using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>What the header of one image says about whether it may be a slice of a non-contrast head CT.</summary>
internal static class HeaderRules
{
    public const string Localizer = "localizer";

    /// <summary>What turns a word of contrast into its contrary: NON-ENHANCED, W/O IV CONTRAST.</summary>
    private static readonly string[] Negations = ["NON", "NO", "NOT", "UN", "W/O", "WO", "WITHOUT", "OHNE", "KEIN", "KEINE", "SANS", "SIN", "PAS", "PRE"];

    /// <summary>The words that may be turned; of WITH CONTRAST and alike the word itself says that it was given.</summary>
    private static readonly string[] Negated = ["ENHANCED", "IV ", "INJECT"];

    private static readonly HashSet<string> HeadParts = ["HEAD", "BRAIN", "SKULL", "HEADNECK", "CEREBRUM", "CRANIUM"];

    /// <summary>Why an object is no CT image at all; null when it is one.</summary>
    public static string? OfObject(DicomDataset header)
    {
        string sopClass = header.GetStringOrEmpty(DicomTag.SOPClassUID), modality = header.GetStringOrEmpty(DicomTag.Modality);
        if (IsCt(sopClass) && modality is "CT" or "") return null;
        if (sopClass.StartsWith(DicomUID.SecondaryCaptureImageStorage.Value, StringComparison.Ordinal))
            return "a secondary capture (screenshot or dose sheet), not a CT image";
        if (sopClass.StartsWith("1.2.840.10008.5.1.4.1.1.88.", StringComparison.Ordinal)) return "a structured report, not a CT image";
        if (modality == "CT") return "not a CT image by its SOP class";
        return $"modality is {(modality.Length > 0 ? modality : "not stated")}, not CT";
    }

    public static bool IsCt(string sopClass) => sopClass == DicomUID.CTImageStorage.Value || IsMultiFrame(sopClass);

    public static bool IsMultiFrame(string sopClass) =>
        sopClass == DicomUID.EnhancedCTImageStorage.Value || sopClass == DicomUID.LegacyConvertedEnhancedCTImageStorage.Value;

    /// <summary>Why an image is another kind of CT than a plain soft-tissue one; null when nothing says so.</summary>
    /// <remarks>PS3.3 §C.8.2.1.1.1 (ImageType of CT), §C.8.15.3.1.1 (Frame Type of Enhanced CT), §C.7.6.4 (Contrast/Bolus).</remarks>
    public static string? OfImage(DicomDataset header, SeriesRules rules)
    {
        string[] type = header.GetStrings(DicomTag.ImageType);
        foreach (string value in type)
            if (rules.RefusedImageTypesOrDefault.FirstOrDefault(word => Matches(value, word)) is { } refused)
                return Matches("LOCALIZER", refused) ? Localizer
                    : $"ImageType (0008,0008) says {refused.TrimEnd('*')}, which Series:RefusedImageTypes refuses";
        if (type is ["DERIVED", _, { Length: > 0 } kind, ..] && !rules.AllowedDerivedOrDefault.Any(word => Matches(kind, word)))
            return "a derived image that is no axial reconstruction by its ImageType (0008,0008), see Series:AllowedDerived";
        if (header.TryGetSingleValue(DicomTag.NumberOfTemporalPositions, out int times) && times > rules.MaxImagesAtOnePosition)
            return $"a dynamic series of {times} time points";
        if (Contrast(header, rules) is { } contrast) return contrast;
        if (Word(header.GetStringOrEmpty(DicomTag.SeriesDescription), rules.ReformatWordsOrDefault) is { } reformat)
            return $"the series description says {reformat}";
        return Kernel(header, rules) switch
        {
            KernelSharpness.Sharp => $"bone or other sharp kernel {KernelName(header)}",
            KernelSharpness.Unknown when Word(header.GetStringOrEmpty(DicomTag.SeriesDescription), rules.BoneWordsOrDefault) is { } bone =>
                $"the series description says {bone}",
            _ => null,
        };
    }

    /// <summary>What the header says that gives no reason to refuse the image, yet should be told of the one that is read.</summary>
    public static IEnumerable<string> Remarks(DicomDataset header, SeriesRules rules)
    {
        string part = header.GetStringOrEmpty(DicomTag.BodyPartExamined);
        if (part.Length > 0 && !HeadParts.Contains(part.ToUpperInvariant()))
            yield return "BodyPartExamined (0018,0015) does not say head; the images do show one";
        if (header.GetStringOrEmpty(DicomTag.SeriesDescription).Length > 0
            && Word(header.GetStringOrEmpty(DicomTag.ProtocolName), rules.ContrastWordsOrDefault) is { } word)
            yield return $"the protocol's name says {word}, the series' own description does not: it was taken for the plain scan of that protocol";
    }

    public static KernelSharpness Kernel(DicomDataset header, SeriesRules rules) => ReconstructionKernel.Of(KernelName(header), rules);

    public static string KernelName(DicomDataset header) => header.GetStrings(DicomTag.ConvolutionKernel) is [var kernel, ..] ? kernel : "";

    private static string? Contrast(DicomDataset header, SeriesRules rules)
    {
        // Each frame of a multi-frame image says it for itself.
        string administered = header.GetStringOrEmpty(DicomTag.ContrastBolusAgentAdministered);
        if (administered == "YES") return "contrast agent was given (ContrastBolusAgentAdministered)";
        string agent = header.GetStringOrEmpty(DicomTag.ContrastBolusAgent);
        if (agent.Length > 0 && !rules.NoContrastValuesOrDefault.Contains(agent, StringComparer.OrdinalIgnoreCase)) return "contrast agent was given";
        if (agent.Length == 0 && administered != "NO")
        {
            if (header.TryGetSequence(DicomTag.ContrastBolusAgentSequence, out DicomSequence? agents) && agents.Items.Count > 0)
                return "contrast agent was given (ContrastBolusAgentSequence)";
            if (header.GetStringOrEmpty(DicomTag.ContrastBolusIngredient).Length > 0) return "contrast agent was given (ContrastBolusIngredient)";
            if (header.TryGetSingleValue(DicomTag.ContrastBolusVolume, out double ml) && ml > 0) return "contrast agent was given (ContrastBolusVolume)";
        }

        string description = header.GetStringOrEmpty(DicomTag.SeriesDescription);
        if (Word(description, rules.ContrastWordsOrDefault) is { } word) return $"the series description says {word}: contrast, angiography or perfusion";
        return description.Length == 0 && Word(header.GetStringOrEmpty(DicomTag.ProtocolName), rules.ContrastWordsOrDefault) is { } named
            ? $"the protocol's name says {named}: contrast, angiography or perfusion, and the series has no description of its own" : null;
    }

    /// <summary>The first of the words that a text holds as a whole, or begins with where it ends in <c>*</c>, or ends with (but for numbers)
    /// where it ends in <c>$</c>. The rule's word, never the text.</summary>
    private static string? Word(string text, IEnumerable<string> words)
    {
        foreach (string word in words)
        {
            bool open = word.EndsWith('*'), last = word.EndsWith('$');
            string part = word.TrimEnd('*', '$').Trim();
            if (part.Length == 0) continue;
            for (int at = text.IndexOf(part, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                int end = at + part.Length;
                bool begins = at == 0 || !char.IsLetterOrDigit(part[0]) || !char.IsLetterOrDigit(text[at - 1]);
                bool ends = open || end == text.Length || !char.IsLetterOrDigit(part[^1]) || !char.IsLetterOrDigit(text[end]);
                if (begins && ends && !(last && text[end..].Any(char.IsLetter)) && !IsNegated(text[..at], part)) return part;
            }
        }

        return null;
    }

    private static bool IsNegated(string before, string word) =>
        Negated.Any(start => word.StartsWith(start, StringComparison.OrdinalIgnoreCase))
        && before.Split([' ', '-', '_', '('], StringSplitOptions.RemoveEmptyEntries) is [.., var previous]
        && Negations.Contains(previous, StringComparer.OrdinalIgnoreCase);

    private static bool Matches(string value, string word) => word.EndsWith('*')
        ? value.StartsWith(word.TrimEnd('*'), StringComparison.OrdinalIgnoreCase)
        : string.Equals(value, word, StringComparison.OrdinalIgnoreCase);
}
