using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Pipeline.Regions;

/// <summary>A label of a NIfTI label image on another image's grid.</summary>
internal static class LabelRegion
{
    private const int MostLabelsNamed = 12;

    public static PlacedRegion Read(string path, CaseImage image, RegionChoice choice, double toleranceMm, bool correct, CancellationToken cancellation)
    {
        string name = Path.GetFileName(path);
        int label = choice.Number ?? (choice.Segment is null ? 1
            : throw new RadiomicsException(
                $"{name} is a NIfTI label image, whose regions have numbers, no names: '{choice.Segment}' is none. Give the label's number"));
        if (label == 0) throw new RadiomicsException("label 0 is the background of a label image: give the label of a region");
        NiftiLabels labels = NiftiFile.ReadLabels(path, cancellation);
        if (!labels.Labels.AsSpan().Contains(label)) throw Absent(labels.Labels, label, name);

        List<string> notes = [];
        try
        {
            return Placed(labels, label, name, image, toleranceMm, notes, cancellation);
        }
        catch (RadiomicsException elsewhere) when (correct)
        {
            bool[] region = Array.ConvertAll(labels.Labels, value => value == label);
            notes.Add($"correctMask: {elsewhere.Message}. It was resampled by nearest neighbour");
            return new PlacedRegion(MaskResampling.Apply(image.Grid, labels.Grid, region, cancellation), $"label {label}", notes);
        }
    }

    /// <summary>The label's voxels on the image's grid, none interpolated.</summary>
    private static PlacedRegion Placed(NiftiLabels labels, int label, string name, CaseImage image, double toleranceMm, List<string> notes,
        CancellationToken cancellation)
    {
        bool[] mask = new bool[image.Grid.Count];
        ImageGrid grid = labels.Grid;
        int[] size = [grid.SizeX, grid.SizeY, grid.SizeZ], strides = [1, grid.SizeX, grid.SizeX * grid.SizeY];
        double[] spacing = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm];
        double[][] axes = [.. Enumerable.Range(0, 3).Select(axis => (double[])[grid.Direction[axis], grid.Direction[3 + axis], grid.Direction[6 + axis]])];
        int through = Enumerable.Range(0, 3).MaxBy(axis => Math.Abs(image.Planes.AlongNormal(axes[axis])));
        (int first, int second) = through switch { 0 => (1, 2), 1 => (0, 2), _ => (0, 1) };
        bool[] pixels = new bool[size[first] * size[second]];
        bool isReordered = through != 2;
        int lastSlice = -1;
        for (int k = 0; k < size[through]; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            bool any = false;
            for (int j = 0; j < size[second]; j++)
                for (int i = 0; i < size[first]; i++)
                    any |= pixels[j * size[first] + i] = labels.Labels[k * strides[through] + j * strides[second] + i * strides[first]] == label;
            if (!any) continue;
            var place = grid.ToPatient(through == 0 ? k : 0, through == 1 ? k : 0, through == 2 ? k : 0);
            MaskPlane plane = new($"slice {k + 1} of {name}", [place.X, place.Y, place.Z], axes[first], axes[second], spacing[first], spacing[second],
                size[first], size[second]);
            PlaneFit fit = image.Planes.Fit(plane, toleranceMm);
            image.Planes.Put(plane, fit, pixels, mask);
            isReordered |= !fit.IsAsItLies || fit.Slice < lastSlice;
            lastSlice = fit.Slice;
        }

        if (isReordered) notes.Add("the mask's axes run otherwise than the image's: its voxels were reordered, none was interpolated");
        return new PlacedRegion(mask, $"label {label}", notes);
    }

    private static RadiomicsException Absent(int[] labels, int label, string name)
    {
        SortedSet<int> found = [];
        foreach (int value in labels)
            if (value != 0 && found.Add(value) && found.Count > MostLabelsNamed) break;
        return new RadiomicsException(found.Count == 0 ? $"{name} is empty: no voxel has a label. There is no region to measure"
            : $"{name} has no voxel of label {label}, but of {string.Join(", ", found.Take(MostLabelsNamed))}" +
                $"{(found.Count > MostLabelsNamed ? ", …" : "")}: choose one of them");
    }
}
