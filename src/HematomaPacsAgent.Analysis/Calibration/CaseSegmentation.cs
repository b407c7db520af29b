using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>A labelled case through the segmentation, as a study goes.</summary>
internal static class CaseSegmentation
{
    /// <returns>Null where the product would not analyse the case.</returns>
    /// <exception cref="ArgumentException">A truth mask is not on the case's grid.</exception>
    public static (HematomaSegmentation Found, IntracranialSpace Space)? Of(HematomaSegmenter segmenter, LabelledCase one, CancellationToken cancellation)
    {
        VolumeGeometry g = one.Volume.Geometry;
        foreach ((string key, Mask mask) in one.Masks)
            if ((mask.Geometry.Columns, mask.Geometry.Rows, mask.Geometry.Slices) != (g.Columns, g.Rows, g.Slices))
                throw new ArgumentException(
                    $"{one.Name}: the mask '{key}' has {mask.Geometry.Columns} x {mask.Geometry.Rows} x {mask.Geometry.Slices} voxels, "
                    + $"the image {g.Columns} x {g.Rows} x {g.Slices}. Remedy: bring a mask on the image's grid");
        IntracranialSpace space = IntracranialSpace.Find(one.Volume);
        if (!space.LooksLikeHead) return null;
        try
        {
            return (segmenter.Segment(one.Volume, space, null, cancellation), space);
        }
        catch (ModelAbstainsException)
        {
            return null;
        }
    }
}
