using System.Numerics;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Nifti;

/// <summary>
/// A NIfTI grid in the order that everything after loading expects: columns to the patient's left, rows to posterior, slices to the head. Axes are
/// permuted and flipped, no voxel is interpolated.
/// </summary>
internal sealed class NiftiVolume
{
    // The nearest axes are only clear where each lies nearer to one of the patient's than to any other.
    private const double LeastAlong = 0.75;

    private readonly ImageGrid grid;

    // Index axis that becomes columns, rows, slices; and whether it runs the other way.
    private readonly (int Axis, bool Flip)[] order;

    /// <exception cref="RadiomicsException">An axis lies between two of the patient's (more than about 41 degrees off).</exception>
    public NiftiVolume(ImageGrid grid, string name)
    {
        this.grid = grid;
        int[] size = [grid.SizeX, grid.SizeY, grid.SizeZ];
        double[] spacing = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm];
        order = new (int, bool)[3];
        for (int patient = 0; patient < 3; patient++)
        {
            int axis = Enumerable.Range(0, 3).MaxBy(candidate => Math.Abs(grid.Direction[3 * patient + candidate]));
            double along = grid.Direction[3 * patient + axis];
            if (Math.Abs(along) < LeastAlong)
                throw new RadiomicsException($"{name}: its axes lie between those of the patient, so that there are no axial slices. " +
                    "Resample it to axial slices");
            order[patient] = (axis, along < 0);
        }

        Vector3 row = Along(0), column = Along(1), normal = Along(2);
        (double x, double y, double z) = grid.ToPatient(First(0), First(1), First(2));
        Vector3 origin = new((float)x, (float)y, (float)z);
        Geometry = new VolumeGeometry(size[order[0].Axis], size[order[1].Axis], row, column, spacing[order[0].Axis], spacing[order[1].Axis],
            [.. Enumerable.Range(0, size[order[2].Axis]).Select(k => origin + normal * (float)(k * spacing[order[2].Axis]))], spacing[order[2].Axis]);

        Vector3 Along(int patient)
        {
            (int axis, bool flip) = order[patient];
            Vector3 direction = new((float)grid.Direction[axis], (float)grid.Direction[3 + axis], (float)grid.Direction[6 + axis]);
            return flip ? -direction : direction;
        }

        int First(int axis) => order.Any(one => one.Axis == axis && one.Flip) ? size[axis] - 1 : 0;
    }

    public VolumeGeometry Geometry { get; }

    /// <summary>Calls with each voxel's index in the canonical order and in the file.</summary>
    public void Each(Action<int, int> pair)
    {
        int[] size = [grid.SizeX, grid.SizeY, grid.SizeZ], stride = [1, grid.SizeX, grid.SizeX * grid.SizeY];
        (int Start, int Step)[] way = [.. order.Select(one => one.Flip ? ((size[one.Axis] - 1) * stride[one.Axis], -stride[one.Axis]) : (0, stride[one.Axis]))];
        for (int slice = 0, to = 0; slice < Geometry.Slices; slice++)
            for (int row = 0; row < Geometry.Rows; row++)
                for (int column = 0, from = way[0].Start + way[1].Start + row * way[1].Step + way[2].Start + slice * way[2].Step;
                     column < Geometry.Columns; column++, from += way[0].Step)
                    pair(to++, from);
    }
}
