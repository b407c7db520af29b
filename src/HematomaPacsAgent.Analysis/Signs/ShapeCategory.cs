using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// The shape scale of Barras et al. (Stroke 2009) made measurable: 1 for a smooth outline on the largest slice, one more for each irregularity, at most 5.
/// A bump makes two dents of the outline, a notch one; a separate focus on the slice is an irregularity too.
/// </summary>
internal sealed record ShapeCategory(int Category, int Dents, int Foci, double Solidity)
{
    /// <param name="strictness">Scales the depth from which a dent counts.</param>
    public static ShapeCategory Of(Clot clot, IReadOnlyList<Focus> foci, double strictness = 1)
    {
        VolumeGeometry g = clot.Grid;
        Outline outline = Outline.Of(clot.Filled.Slice(clot.LargestSlice), g.Columns, g.ColumnSpacingMm, g.RowSpacingMm);
        double least = strictness * Math.Max(DentMm, Math.Max(DentPixels * Math.Max(g.ColumnSpacingMm, g.RowSpacingMm),
            DentShare * 2 * Math.Sqrt(outline.AreaMm2 / Math.PI)));
        int dents = outline.DentsMm().Count(depth => depth >= least), beside = foci.Count(focus => focus.Slices.Contains(clot.LargestSlice));
        int category = Math.Min(5, 1 + (dents + 1) / 2 + beside);
        if (outline.Solidity < IrregularSolidity) category = Math.Max(category, BarrasCategory);
        return new ShapeCategory(category, dents, beside, outline.Solidity);
    }
}
