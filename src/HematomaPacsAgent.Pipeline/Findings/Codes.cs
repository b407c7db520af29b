using HematomaPacsAgent.Dicom.Objects;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>
/// Every coded concept that our objects use. Where the standard has none (expansion signs, Radscore, expansion probability) the private scheme 99HEMA is used;
/// its codes are stable and listed here alone.
/// </summary>
internal static class Codes
{
    public const string PrivateScheme = "99HEMA";

    // Segment and finding (CID 7150, 7159; PS3.16)
    public static readonly CodedConcept AlteredStructure = new("49755003", "SCT", "Morphologically Abnormal Structure");
    public static readonly CodedConcept Hemorrhage = new("50960005", "SCT", "Hemorrhage");
    public static readonly CodedConcept Brain = new("12738006", "SCT", "Brain");
    public static readonly CodedConcept CtOfHead = new("303653007", "SCT", "Computed tomography of head");

    // Measurement group (TID 1410, 1411)
    public static readonly CodedConcept MeasurementGroup = new("125007", "DCM", "Measurement Group");
    public static readonly CodedConcept TrackingIdentifier = new("112039", "DCM", "Tracking Identifier");
    public static readonly CodedConcept TrackingUid = new("112040", "DCM", "Tracking Unique Identifier");
    public static readonly CodedConcept Finding = new("121071", "DCM", "Finding");
    public static readonly CodedConcept FindingSite = new("363698007", "SCT", "Finding Site");
    public static readonly CodedConcept ImageRegion = new("111030", "DCM", "Image Region");
    public static readonly CodedConcept MeasurementMethod = new("370129005", "SCT", "Measurement Method");
    public static readonly CodedConcept Derivation = new("121401", "DCM", "Derivation");
    public static readonly CodedConcept Comment = new("121106", "DCM", "Comment");

    // Measurements (CID 218, 7464, 7469, 7474)
    public static readonly CodedConcept Volume = new("118565006", "SCT", "Volume");
    public static readonly CodedConcept SummedVoxels = new("126030", "DCM", "Sum of segmented voxel volumes");
    public static readonly CodedConcept Area = new("42798000", "SCT", "Area");
    public static readonly CodedConcept Attenuation = new("112031", "DCM", "Attenuation Coefficient");
    public static readonly CodedConcept Mean = new("373098007", "SCT", "Mean");
    public static readonly CodedConcept MaximumDiameter3D = new("L0JK", "IBSI", "Maximum 3D diameter");
    public static readonly CodedConcept Sphericity = new("QCFX", "IBSI", "Sphericity");
    public static readonly CodedConcept Radscore = new("RADSCORE", PrivateScheme, "Radscore");
    public static readonly CodedConcept LinearPredictor = new("LINPRED", PrivateScheme, "Linear predictor of hematoma expansion");
    public static readonly CodedConcept Points = new("POINTS", PrivateScheme, "Nomogram points");
    public static readonly CodedConcept ExpansionProbability = new("HEPROB", PrivateScheme, "Probability of early hematoma expansion");
    public static readonly CodedConcept ExpansionRisk = new("HERISK", PrivateScheme, "Risk of early hematoma expansion");

    // Units (UCUM)
    public static readonly CodedConcept CubicCentimetre = new("cm3", "UCUM", "cubic centimeter");
    public static readonly CodedConcept SquareMillimetre = new("mm2", "UCUM", "square millimeter");
    public static readonly CodedConcept Millimetre = new("mm", "UCUM", "millimeter");
    public static readonly CodedConcept HounsfieldUnit = new("[hnsf'U]", "UCUM", "Hounsfield unit");
    public static readonly CodedConcept Percent = new("%", "UCUM", "percent");
    public static readonly CodedConcept NoUnits = new("1", "UCUM", "no units");

    // Answers (CID 240, 3118)
    public static readonly CodedConcept Hematoma = new("HEMATOMA", PrivateScheme, "Intracranial hematoma");
    public static readonly CodedConcept Present = new("52101004", "SCT", "Present");
    public static readonly CodedConcept Absent = new("272519000", "SCT", "Absent");
    public static readonly CodedConcept Indeterminate = new("82334004", "SCT", "Indeterminate");

    public static CodedConcept Presence(string state) => state switch
    {
        "present" => Present,
        "absent" => Absent,
        "indeterminate" => Indeterminate,
        _ => throw new ArgumentException($"'{state}' is no state of a sign", nameof(state)),
    };

    public static CodedConcept Grade(string grade) => grade switch
    {
        "low" => new("75976002", "SCT", "Low"),
        "intermediate" => new("25594002", "SCT", "Moderate"),
        "high" => new("15508007", "SCT", "High"),
        _ => throw new ArgumentException($"'{grade}' is no grade", nameof(grade)),
    };

    /// <summary>The concept of a sign and of its probability. No standard scheme has codes for these signs.</summary>
    public static (CodedConcept Sign, CodedConcept Probability, string Name) Sign(string code) => code switch
    {
        "blend-sign" => Private("BLEND", "Blend sign"),
        "black-hole-sign" => Private("BLACKHOLE", "Black hole sign"),
        "swirl-sign" => Private("SWIRL", "Swirl sign"),
        "intrahematoma-hypodensity" => Private("HYPODENSITY", "Intrahematoma hypodensity"),
        "island-sign" => Private("ISLAND", "Island sign"),
        "satellite-sign" => Private("SATELLITE", "Satellite sign"),
        "irregular-shape" => Private("IRREGULAR", "Irregular shape"),
        "heterogeneous-density" => Private("HETEROGENEOUS", "Heterogeneous density"),
        "fluid-level" => Private("FLUIDLEVEL", "Fluid level"),
        _ => throw new ArgumentException($"'{code}' is a sign without a code: add it to Codes.Sign", nameof(code)),
    };

    private static (CodedConcept, CodedConcept, string) Private(string value, string name) =>
        (new(value, PrivateScheme, name), new(value + "-P", PrivateScheme, "Probability of " + char.ToLowerInvariant(name[0]) + name[1..]), name);
}
