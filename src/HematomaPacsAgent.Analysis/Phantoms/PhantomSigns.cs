namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>The truth of each sign, by the published criteria, from the specification and from what was rendered of it.</summary>
internal static class PhantomSigns
{
    private const float BlendHu = 18, BlackHoleHu = 28, HeterogeneousHu = 7, IrregularRoughness = 0.14f;
    private const int FewestVoxels = 12;

    public static readonly string[] Codes =
    [
        "blend-sign", "black-hole-sign", "swirl-sign", "intrahematoma-hypodensity", "island-sign",
        "satellite-sign", "irregular-shape", "heterogeneous-density", "fluid-level",
    ];

    public static IReadOnlyDictionary<string, bool> Of(HematomaModel? model, Mask mask, float[] hounsfield)
    {
        Dictionary<string, bool> signs = Codes.ToDictionary(code => code, _ => false);
        if (model is null || mask.IsEmpty) return signs;
        HematomaSpecification h = model.Specification;
        // A part counts only where enough of it was rendered on both sides of its border.
        double dark = 0, all = 0, sum = 0, squares = 0;
        for (int i = 0; i < mask.Voxels.Length; i++)
        {
            if (!mask.Voxels[i]) continue;
            all++;
            sum += hounsfield[i];
            squares += hounsfield[i] * hounsfield[i];
            if (hounsfield[i] < h.ClotHu - 9) dark++;
        }

        bool visible = dark >= FewestVoxels && all - dark >= FewestVoxels;
        double deviation = Math.Sqrt(Math.Max(0, squares / all - sum / all * (sum / all)));
        signs["blend-sign"] = h.Blend is { DropHu: >= BlendHu } && visible && dark / all is > 0.08 and < 0.85;
        signs["black-hole-sign"] = h.Hole is { DropHu: >= BlackHoleHu } && visible;
        signs["swirl-sign"] = h.SwirlDropHu > 0 && visible && dark / all > 0.03;
        signs["intrahematoma-hypodensity"] = (h.Hole is not null || h.SwirlDropHu > 0) && visible;
        signs["fluid-level"] = h.FluidLevel is not null && visible && dark / all is > 0.08 and < 0.92;
        signs["island-sign"] = h.Foci.Count >= 3;
        signs["satellite-sign"] = h.Foci.Count >= 1;
        signs["irregular-shape"] = h.Roughness >= IrregularRoughness || h.Lobes.Count >= 2;
        signs["heterogeneous-density"] = deviation >= HeterogeneousHu;
        return signs;
    }
}
