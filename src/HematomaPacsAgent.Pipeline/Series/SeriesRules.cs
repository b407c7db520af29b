using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>
/// Which series of a study may be read as the non-contrast head CT (section <c>Series</c>; docs/series-rules.md). A list that is set replaces
/// the built-in one as a whole; texts compare without regard to case.
/// </summary>
public sealed class SeriesRules : IValidatableObject
{
    /// <value>8 slices.</value>
    [Range(2, 10_000)]
    public int MinSlices { get; set; } = 8;

    /// <value>2000 slices.</value>
    [Range(2, 10_000)]
    public int MaxSlices { get; set; } = 2000;

    /// <value>10 mm: the thickest that head CTs are read at.</value>
    [Range(0.1, 20)]
    public double MaxThicknessMm { get; set; } = 10;

    /// <summary>From the lower edge of the lowest slice to the upper edge of the highest.</summary>
    /// <value>50 mm; below 100 mm a series is read with the remark that part of the head may be missing.</value>
    [Range(0, 2000)]
    public double MinCoverageMm { get; set; } = 50;

    /// <value>400 mm: head and neck; a scan of the body is no head CT, although a head is in it.</value>
    [Range(10, 5000)]
    public double MaxCoverageMm { get; set; } = 400;

    /// <summary>Between the slices and the axial plane: gantry tilt and a reformat along the skull base.</summary>
    /// <value>35 degrees.</value>
    [Range(0, 40)]
    public double MaxTiltDegrees { get; set; } = 35;

    /// <summary>Of two series alike the one with slices nearer to this is read; the models are trained on slices of 5 mm.</summary>
    /// <value>5 mm.</value>
    [Range(0.1, 20)]
    public double PreferredThicknessMm { get; set; } = 5;

    /// <summary>More images at one position are a dynamic (perfusion) series, not a scan that was repeated.</summary>
    /// <value>3.</value>
    [Range(1, 1000)]
    public int MaxImagesAtOnePosition { get; set; } = 3;

    /// <summary>This volume of vessel-bright voxels, spread through the head, is taken for CT angiography whatever the header says; 0 switches it
    /// off.</summary>
    /// <value>3 ml: the arteries of the brain hold several times that, a plain head next to nothing.</value>
    [Range(0, 1000)]
    public double AngiographyFromMl { get; set; } = 3;

    /// <summary>Siemens and alike name kernels by a letter, the sharpness and a suffix (H31s, Br64d): from this sharpness it is a bone kernel.</summary>
    /// <value>55.</value>
    [Range(1, 100)]
    public int SharpFromNumber { get; set; } = 55;

    /// <summary>What the third value of ImageType (0008,0008) may be where the first is DERIVED. An original image may be anything that is not
    /// refused.</summary>
    /// <value>AXIAL, HELICAL, VOLUME.</value>
    public IList<string>? AllowedDerived { get; set; }

    /// <summary>Values of ImageType that refuse an image; <c>*</c> at the end stands for any ending.</summary>
    public IList<string>? RefusedImageTypes { get; set; }

    /// <summary>Words of the series description that tell of contrast. A description is looked at for whole words, a word with <c>*</c> at its end
    /// for its beginning, one with <c>$</c> only where no letter follows. The protocol's name counts only where there is no description: it often names
    /// all that the examination holds.</summary>
    public IList<string>? ContrastWords { get; set; }

    /// <summary>Words of the series description that tell of a projection or reformat.</summary>
    public IList<string>? ReformatWords { get; set; }

    /// <summary>Words of the series description that tell of a bone reconstruction, where the kernel is not known to be soft.</summary>
    public IList<string>? BoneWords { get; set; }

    /// <summary>What some scanners write into ContrastBolusAgent (0018,0010) when none was given.</summary>
    public IList<string>? NoContrastValues { get; set; }

    /// <summary>Bone, lung and edge kernels: regular expressions for the whole of ConvolutionKernel (0018,1210).</summary>
    public IList<string>? SharpKernels { get; set; }

    /// <summary>Soft-tissue kernels, likewise. What is in neither list may be read, after the known soft ones.</summary>
    public IList<string>? SoftKernels { get; set; }

    internal IList<string> AllowedDerivedOrDefault => AllowedDerived ?? ["AXIAL", "HELICAL", "VOLUME"];

    internal IList<string> RefusedImageTypesOrDefault => RefusedImageTypes ??
    [
        "LOCALIZER", "SCOUT", "MPR", "CSA MPR*", "REFORMATTED", "MIP", "MINIP", "MAX_IP", "MIN_IP", "MAXIMUM", "MINIMUM", "PROJECTION IMAGE", "3D*",
        "CSA 3D*", "VRT", "SSD", "VOLREN*", "SCREEN SAVE", "SCREENSHOT", "CSA BLACK IMAGE", "PERFUSION", "RCBF", "RCBV", "CBF", "CBV", "MTT", "TTP", "TMAX", "ANGIO",
        "CTA", "POST_CONTRAST", "VNC", "DET_VNC", "IODINE*", "DOSE*",
    ];

    internal IList<string> ContrastWordsOrDefault => ContrastWords ??
    [
        "CTA", "CTAX", "CTP", "CTV", "CCT-A", "ANGIO*", "AGF", "PERFU*", "VENOGRA*", "C+", "+C", "POST CONTRAST", "POSTCONTRAST", "POST-CONTRAST",
        "WITH CONTRAST", "W CONTRAST", "POST GAD", "MIT KM", "NACH KM", "KM ART*", "KM VEN*", "ARTERIAL", "ARTERIELL", "VENOUS", "BOLUS*", "TEST BOLUS", "PREMONITORING",
        "MONITORING", "W/ CONTRAST", "W/CONTRAST", "W/ CON", "W/ IV", "W/IV", "WITH IV", "IV CON*", "M. KM", "M.KM", "M KM", "+KM", "+ KM", "ENHANCED",
        "INJECTE*", "INJECTÉ*", "AVEC INJECTION", "POST$",
    ];

    internal IList<string> ReformatWordsOrDefault => ReformatWords ?? ["MIP", "MINIP", "MIPS", "VRT", "SSD", "TOPOGRAM", "SCOUT", "SURVIEW", "DOSE REPORT"];

    internal IList<string> BoneWordsOrDefault => BoneWords ?? ["BONE*", "KNOCHEN*", "OSSEUX", "HUESO*", "SINUS", "TEMPORAL BONE*"];

    internal IList<string> NoContrastValuesOrDefault => NoContrastValues ??
        ["NO", "NONE", "N", "N/A", "NA", "NIL", "0", "NO CONTRAST", "WITHOUT", "WITHOUT CONTRAST", "NATIV", "-", "NON CONTRAST", "NON-CONTRAST", "W/O", "WO",
        "UNENHANCED", "NO IV", "KEIN", "KEINES", "OHNE", "SANS"];

    internal IList<string> SharpKernelsOrDefault => SharpKernels ??
    [
        "(HD )?BONE.*", "EDGE.*", "LUNG.*", "ULTRA.*", // GE
        "D", "E", "F", "L", "Y[A-E]", "Y-.*", "BONE-.*", // Philips
        "FC[358][0-9]", // Canon (Toshiba): bone, lung, inner ear
        ".*SHARP.*", "INNER EAR.*", // in words
    ];

    internal IList<string> SoftKernelsOrDefault => SoftKernels ??
    [
        "SOFT.*", "STD.*", "STND.*", "STANDARD.*", // GE
        "A", "B", "U[ABC]", "S[ABC]", "BRAIN.*", // Philips
        "FC[0246][0-9]", // Canon (Toshiba)
    ];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinSlices > MaxSlices) yield return new ValidationResult($"MinSlices {MinSlices} is above MaxSlices {MaxSlices}", [nameof(MinSlices)]);
        if (MinCoverageMm > MaxCoverageMm)
            yield return new ValidationResult($"MinCoverageMm {MinCoverageMm} is above MaxCoverageMm {MaxCoverageMm}", [nameof(MinCoverageMm)]);
        foreach ((string name, IList<string> patterns) in ((string, IList<string>)[])
                 [(nameof(SharpKernels), SharpKernelsOrDefault), (nameof(SoftKernels), SoftKernelsOrDefault)])
            foreach (string pattern in patterns)
                if (Fault(pattern) is { } fault)
                    yield return new ValidationResult($"{name}: '{pattern}' is no regular expression that is read here: {fault}", [name]);
    }

    /// <summary>The rules in one line, the built-in lists among them: analyses under other rules are other analyses.</summary>
    internal string Fingerprint => JsonSerializer.Serialize(this) + JsonSerializer.Serialize<IList<string>[]>(
        [AllowedDerivedOrDefault, RefusedImageTypesOrDefault, ContrastWordsOrDefault, ReformatWordsOrDefault, BoneWordsOrDefault, NoContrastValuesOrDefault,
            SharpKernelsOrDefault, SoftKernelsOrDefault]);

    private static string? Fault(string pattern)
    {
        try
        {
            _ = ReconstructionKernel.Expression(pattern);
            return null;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or NotSupportedException)
        {
            return unreadable.Message;
        }
    }
}

[OptionsValidator]
public sealed partial class SeriesRulesValidator : IValidateOptions<SeriesRules>;
