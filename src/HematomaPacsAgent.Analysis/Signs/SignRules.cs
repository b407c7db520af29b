namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// The nine non-contrast CT signs by their published criteria: a check beside the network. docs/sign-rules.md has
/// each rule, its numbers and where they come from.
/// </summary>
public static class SignRules
{
    /// <summary>The signs, in the order of the rulings.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        "blend-sign", "black-hole-sign", "swirl-sign", "intrahematoma-hypodensity", "island-sign",
        "satellite-sign", "irregular-shape", "heterogeneous-density", "fluid-level",
    ];

    /// <summary>Judges every sign. A sign that its criteria do not reach is absent, never missing.</summary>
    /// <param name="volume">A head CT in canonical LPS of a patient on the back: rows grow to posterior.</param>
    /// <param name="hematoma">Its hematoma with the dark parts, not empty.</param>
    /// <param name="noiseHu">SD of one voxel's noise, HU; 0 for a rendering without noise, whose mask is the truth; null to estimate it.</param>
    /// <param name="exclude">Voxels that are no blood within brain, e.g. in the ventricles; null for none.</param>
    /// <returns>One ruling a sign, in the order of <see cref="Codes"/>.</returns>
    /// <exception cref="ArgumentException">The mask is empty or all of it excluded, a grid differs, or the noise is negative or no number.</exception>
    public static IReadOnlyList<SignRuling> Judge(Volume volume, Mask hematoma, double? noiseHu = null, Mask? exclude = null)
    {
        if (hematoma.Voxels.Length != volume.Hounsfield.Length || (exclude is not null && exclude.Voxels.Length != volume.Hounsfield.Length))
            throw new ArgumentException("the masks and the volume have different grids", nameof(hematoma));
        if (noiseHu is { } noise && !(noise >= 0 && double.IsFinite(noise)))
            throw new ArgumentOutOfRangeException(nameof(noiseHu), noise, "noise is 0 or more HU");
        Clot clot = Clot.Of(volume, hematoma, noiseHu, exclude);
        Dictionary<string, SignRuling> rulings = new DensitySigns(clot).Judge().Concat(ShapeSigns.Judge(clot)).ToDictionary(ruling => ruling.Code);
        return [.. Codes.Select(code => rulings[code])];
    }
}
