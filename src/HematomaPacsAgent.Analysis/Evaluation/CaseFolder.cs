using System.Numerics;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>
/// Labelled cases as folders: <c>image.nii.gz</c> (HU), <c>mask.nii.gz</c> (1 hematoma, 2 ivh, 3 edema) and, where there is more to say,
/// <c>case.json</c>. Either image may be unpacked (<c>.nii</c>), and its axes may run any way that keeps the slices axial.
/// </summary>
public static class CaseFolder
{
    // Above what single-precision headers round, far below a voxel.
    private const double ToleranceMm = 0.1;

    /// <summary>What each voxel value of a mask means.</summary>
    public static IReadOnlyDictionary<string, int> Labels { get; } = new Dictionary<string, int> { ["hematoma"] = 1, ["ivh"] = 2, ["edema"] = 3 };

    /// <summary>The case folders in a folder, in the order of their names. All are looked at, none is read.</summary>
    /// <exception cref="CaseFolderException">There is none, or one lacks a file, or its case.json is wrong.</exception>
    public static IReadOnlyList<string> In(string folder)
    {
        if (!Directory.Exists(folder)) throw new CaseFolderException($"{folder} is not there, or no folder. Check the path");
        string[] cases = [.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal)];
        if (cases.Length == 0)
            throw new CaseFolderException($"{folder} holds no folders: each case is a folder of its own with image.nii.gz and mask.nii.gz");
        foreach (string one in cases)
        {
            _ = Find(one, "image");
            _ = Find(one, "mask");
            _ = CaseFile.Read(one, Labels);
        }

        return cases;
    }

    /// <summary>Reads a case; the volume is in canonical LPS order.</summary>
    /// <exception cref="CaseFolderException">A file is missing or not read here, the grids differ, or a label is not known.</exception>
    public static LabelledCase Read(string folder, CancellationToken cancellation)
    {
        string imagePath = Find(folder, "image"), maskPath = Find(folder, "mask"), name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        CaseFile about = CaseFile.Read(folder, Labels);
        try
        {
            NiftiImage image = NiftiFile.ReadImage(imagePath, cancellation);
            NiftiVolume lies = new(image.Image.Grid, imagePath);
            NiftiLabels labels = NiftiFile.ReadLabels(maskPath, cancellation);
            NiftiVolume maskLies = new(labels.Grid, maskPath);
            CheckGrids(imagePath, lies.Geometry, maskPath, maskLies.Geometry);
            VolumeGeometry geometry = about.SliceOriginsMm is { } origins ? Placed(lies.Geometry, origins, Path.Combine(folder, CaseFile.Name)) : lies.Geometry;
            Dictionary<string, Mask> masks = Masks(labels.Labels, maskLies, geometry, about.Classes, maskPath);
            return new LabelledCase(name, new Volume(geometry, Hounsfield(image.Image.Voxels, lies, imagePath)), masks,
                about.Signs ?? new Dictionary<string, bool>(), about.Regime);
        }
        catch (Exception unreadable) when (unreadable is RadiomicsException or ArgumentException)
        {
            throw new CaseFolderException($"{folder}: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>Writes a case so that <see cref="Read"/> gives it back voxel by voxel, tilt and uneven slices included.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="labelled">In canonical LPS order. Where classes overlap, a voxel gets the last of hematoma, ivh, edema that it has.</param>
    /// <param name="seed">Of a phantom.</param>
    public static void Write(string folder, LabelledCase labelled, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(labelled);
        if (labelled.Masks.Keys.FirstOrDefault(key => !Labels.ContainsKey(key)) is { } unknown)
            throw new ArgumentException($"the class '{unknown}' has no label in a case folder: {string.Join(", ", Labels.Keys)}");
        Directory.CreateDirectory(folder);
        VolumeGeometry g = labelled.Volume.Geometry;
        ImageGrid grid = VolumeImage.StackedGrid(g);
        byte[] voxels = new byte[labelled.Volume.Hounsfield.Length];
        foreach ((string key, int label) in Labels)
            if (labelled.Masks.TryGetValue(key, out Mask? mask))
                for (int i = 0; i < voxels.Length; i++)
                    if (mask.Voxels[i]) voxels[i] = (byte)label;
        NiftiWriter.Write(Path.Combine(folder, "image.nii.gz"), grid, labelled.Volume.Hounsfield);
        NiftiWriter.Write(Path.Combine(folder, "mask.nii.gz"), grid, voxels);
        new CaseFile
        {
            Regime = labelled.Regime,
            Signs = labelled.Signs.Count > 0 ? labelled.Signs : null,
            Classes = [.. Labels.Keys.Where(labelled.Masks.ContainsKey)],
            Seed = seed,
            SpacingMm = [g.MedianSliceSpacingMm, g.RowSpacingMm, g.ColumnSpacingMm],
            VolumesMl = labelled.Masks.ToDictionary(known => known.Key, known => known.Value.VolumeMl),
            SliceOriginsMm = VolumeImage.Doubts(g).Count == 0 && !IsSheared(g) ? null
                : [.. g.Origins.Select(origin => (double[])[origin.X, origin.Y, origin.Z])],
        }.Write(folder);
    }

    private static string Find(string folder, string name) =>
        new[] { $"{name}.nii.gz", $"{name}.nii" }.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists)
        ?? throw new CaseFolderException($"{Path.Combine(folder, name)}.nii.gz is not there (nor {name}.nii): a case is a folder with image and mask. " +
            "Put it there, or take the folder out");

    private static bool IsSheared(VolumeGeometry g) =>
        Enumerable.Range(0, g.Slices).Any(k => Vector3.Distance(g.Origins[k], g.Origins[0] + g.Normal * (float)(k * g.MedianSliceSpacingMm)) > 0.01f);

    private static void CheckGrids(string imagePath, VolumeGeometry image, string maskPath, VolumeGeometry mask)
    {
        if ((image.Columns, image.Rows, image.Slices) != (mask.Columns, mask.Rows, mask.Slices))
            throw new CaseFolderException($"{maskPath} has {mask.Columns} x {mask.Rows} x {mask.Slices} voxels, {Path.GetFileName(imagePath)} " +
                $"{image.Columns} x {image.Rows} x {image.Slices}: they lie on different grids. Draw or resample the mask on the image's grid");
        double away = new[] { 0, image.Slices - 1 }.Max(slice => new[] { (0, 0), (image.Columns - 1, image.Rows - 1) }
            .Max(corner => Vector3.Distance(image.ToPatient(corner.Item1, corner.Item2, slice), mask.ToPatient(corner.Item1, corner.Item2, slice))));
        if (!(away <= ToleranceMm))
            throw new CaseFolderException(FormattableString.Invariant($"{maskPath} lies up to {away:F2} mm beside {Path.GetFileName(imagePath)}: ") +
                "they lie on different grids. Draw or resample the mask on the image's grid");
    }

    private static VolumeGeometry Placed(VolumeGeometry g, IReadOnlyList<IReadOnlyList<double>> origins, string path)
    {
        if (origins.Count != g.Slices)
            throw new CaseFolderException($"{path} places {origins.Count} slices, the image has {g.Slices}. Correct sliceOriginsMm, or leave the key out");
        Vector3[] places = [.. origins.Select(origin => new Vector3((float)origin[0], (float)origin[1], (float)origin[2]))];
        if (Vector3.Distance(places[0], g.Origins[0]) > ToleranceMm)
            throw new CaseFolderException($"{path} puts the lowest slice at {places[0]} mm, the image at {g.Origins[0]}: " +
                "they do not belong together. Correct sliceOriginsMm, or leave the key out");
        try
        {
            return new VolumeGeometry(g.Columns, g.Rows, g.RowDirection, g.ColumnDirection, g.ColumnSpacingMm, g.RowSpacingMm, places, g.SliceThicknessMm);
        }
        catch (ArgumentException wrong)
        {
            throw new CaseFolderException($"{path}: sliceOriginsMm do not ascend: {wrong.Message}. Correct them, or leave the key out", wrong);
        }
    }

    private static short[] Hounsfield(double[] voxels, NiftiVolume lies, string path)
    {
        short[] hounsfield = new short[voxels.Length];
        lies.Each((to, from) =>
        {
            if (!double.IsFinite(voxels[from]))
                throw new CaseFolderException($"{path} has a voxel of {voxels[from]}: Hounsfield units are numbers. Export the image anew");
            hounsfield[to] = (short)Math.Clamp(Math.Round(voxels[from]), short.MinValue, short.MaxValue);
        });
        return hounsfield;
    }

    private static Dictionary<string, Mask> Masks(int[] labels, NiftiVolume lies, VolumeGeometry geometry, IReadOnlyList<string>? classes, string path)
    {
        Dictionary<string, Mask> masks = (classes ?? ["hematoma"]).ToDictionary(key => key, _ => new Mask(geometry));
        string?[] names = new string?[Labels.Count + 1];
        foreach ((string key, int label) in Labels) names[label] = key;
        bool[]?[] targets = [.. names.Select(key => key is not null && masks.TryGetValue(key, out Mask? mask) ? mask.Voxels : null)];
        lies.Each((to, from) =>
        {
            int label = labels[from];
            if (label == 0) return;
            if (label < 0 || label >= targets.Length)
                throw new CaseFolderException($"{path} has a voxel of label {label}, which is not known. " +
                    $"Labels are {string.Join(", ", Labels.Select(known => $"{known.Value} {known.Key}"))}");
            if (targets[label] is { } target) target[to] = true;
            else if (classes is not null)
                throw new CaseFolderException($"{path} has voxels of label {label} ({names[label]}), a class that case.json does not name. " +
                    "Add it to classes there");
        });
        return masks;
    }
}
