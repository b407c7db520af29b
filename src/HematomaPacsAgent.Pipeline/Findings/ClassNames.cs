namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>What a reader calls the classes of a segmentation model (docs/model-packages.md).</summary>
internal static class ClassNames
{
    public static string Of(string key) => key switch
    {
        "hematoma" => "Hematoma",
        "ivh" => "Intraventricular blood",
        "edema" => "Oedema",
        "extra-axial" => "Extra-axial blood",
        _ => char.ToUpperInvariant(key[0]) + key[1..].Replace('-', ' '),
    };
}
