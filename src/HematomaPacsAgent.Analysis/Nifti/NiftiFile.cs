using System.IO.Compression;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Nifti;

/// <summary>An image read from a NIfTI file.</summary>
/// <param name="Image">Voxels after scaling, on a grid in LPS; whole numbers where they are stored so and not scaled. As in ITK, scaled integers are real
/// numbers.</param>
/// <param name="Type">As stored.</param>
public sealed record NiftiImage(ScalarImage Image, NiftiVoxelType Type);

/// <summary>A label image read from a NIfTI file.</summary>
/// <param name="Grid">In LPS.</param>
/// <param name="Labels">One whole number a voxel, x fastest, then y, then z.</param>
public sealed record NiftiLabels(ImageGrid Grid, int[] Labels);

/// <summary>
/// Reads NIfTI-1 and NIfTI-2: single files and .hdr/.img pairs, plain or gzip-compressed, in either byte order. Voxels stream into the result; what a
/// header claims is held against the file's length before memory is taken.
/// </summary>
public static class NiftiFile
{
    // Deflate packs at most 1032 bytes into one.
    private const long DeflateRatio = 1032;

    private static readonly string[] Endings = [".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"];

    /// <summary>Whether a path ends like a NIfTI file's.</summary>
    public static bool HasItsEnding(string path) => Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads an image as real numbers.</summary>
    /// <exception cref="RadiomicsException">The file is missing, cut off, damaged or holds what is not read here; the message says which and what to
    /// do.</exception>
    public static NiftiImage ReadImage(string path, CancellationToken cancellation)
    {
        double[] voxels = [];
        (NiftiHeader header, ImageGrid grid) = Read(path, header => voxels = new double[header.VoxelCount], (header, piece, at) =>
        {
            Span<double> target = voxels.AsSpan(at, piece.Length / header.Type.Bytes());
            NiftiVoxels.Widen(piece, header.Type, header.IsBigEndian, target);
            if (header.IsScaled) NiftiVoxels.Scale(target, header.Slope, header.Intercept, header.Type == NiftiVoxelType.Float64);
        }, cancellation);
        (double, double)? range = header.IsScaled ? null : header.Type.IntegerRange();
        return new NiftiImage(new ScalarImage(grid, voxels) { WholeNumbers = range is not null, PixelRange = range }, header.Type);
    }

    /// <summary>Reads a mask or label image. Real numbers are taken where they are whole.</summary>
    /// <exception cref="RadiomicsException">As for <see cref="ReadImage"/>; or a voxel is no whole number of 32 bits.</exception>
    public static NiftiLabels ReadLabels(string path, CancellationToken cancellation)
    {
        int[] labels = [];
        double[] piecewise = new double[NiftiVoxels.PieceBytes];
        (_, ImageGrid grid) = Read(path, header => labels = new int[header.VoxelCount], (header, piece, at) =>
        {
            Span<double> values = piecewise.AsSpan(0, piece.Length / header.Type.Bytes());
            NiftiVoxels.Widen(piece, header.Type, header.IsBigEndian, values);
            if (header.IsScaled) NiftiVoxels.Scale(values, header.Slope, header.Intercept, header.Type == NiftiVoxelType.Float64);
            for (int i = 0; i < values.Length; i++)
            {
                int label = (int)values[i];
                if (label != values[i])
                    throw new RadiomicsException(FormattableString.Invariant($"{Path.GetFileName(path)} has a voxel of {values[i]}: ") +
                        "labels are whole numbers of 32 bits. Threshold a probability map before it becomes a mask");
                labels[at + i] = label;
            }
        }, cancellation);
        return new NiftiLabels(grid, labels);
    }

    private delegate void TakePiece(NiftiHeader header, ReadOnlySpan<byte> piece, int firstVoxel);

    private static (NiftiHeader, ImageGrid) Read(string path, Action<NiftiHeader> allocate, TakePiece take, CancellationToken cancellation)
    {
        string headerPath = Sibling(path, ".img", ".hdr"), name = Path.GetFileName(headerPath);
        try
        {
            using Stream file = Open(headerPath, out long longest);
            byte[] start = new byte[NiftiHeader.Bytes2];
            int have = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            NiftiHeader header = NiftiHeader.Parse(start.AsSpan(0, have), name);
            ImageGrid grid = header.Placement.Grid(header.SizeX, header.SizeY, header.SizeZ, name);
            if (!header.IsPair)
            {
                CheckLength(header, name, longest);
                allocate(header);
                // NIfTI-1 voxels may begin within what was read.
                int known = (int)Math.Min(have, header.VoxelOffset);
                NiftiVoxels.Stream(new Rest(start.AsMemory(known, have - known), file), header.VoxelOffset - known, header, name,
                    (piece, at) => take(header, piece, at), cancellation);
                return (header, grid);
            }

            string voxelsPath = Sibling(headerPath, ".hdr", ".img"), voxelsName = Path.GetFileName(voxelsPath);
            if (voxelsPath == headerPath)
                throw new RadiomicsException(
                    $"{name} is the header of a pair, whose voxels are in a file ending in .img: give the pair as NAME.hdr and NAME.img");
            using Stream voxels = Open(voxelsPath, out longest);
            CheckLength(header, voxelsName, longest);
            allocate(header);
            NiftiVoxels.Stream(new Rest(default, voxels), header.VoxelOffset, header, voxelsName, (piece, at) => take(header, piece, at), cancellation);
            return (header, grid);
        }
        catch (InvalidDataException damaged)
        {
            throw new RadiomicsException($"{name} is damaged: its gzip stream does not unpack ({damaged.Message}). Copy it again", damaged);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new RadiomicsException($"{path} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private static void CheckLength(NiftiHeader header, string name, long longest)
    {
        if (header.VoxelOffset + (Int128)header.VoxelBytes > longest)
            throw new RadiomicsException($"{name} claims {header.SizeX} x {header.SizeY} x {header.SizeZ} voxels of {header.Type}, " +
                $"{header.VoxelBytes} bytes, more than the file can hold ({longest}): it is cut off or its header is damaged. Copy it again");
    }

    /// <summary>A file, unpacked where it begins as gzip does.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="longest">Bytes that it can give at most.</param>
    private static Stream Open(string path, out long longest)
    {
        if (!File.Exists(path))
            throw new RadiomicsException($"{path} is not there" + (Directory.Exists(path) ? " as a file: it is a folder" : ". Check the path"));
        // Opening a pipe would wait for who writes into it; like a device it has no length.
        if ((File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)) is FileInfo { Length: 0 })
            throw new RadiomicsException($"{Path.GetFileName(path)} ends after 0 bytes: it is empty, or a pipe or device. Copy it again, as a file");
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        longest = file.Length;
        Span<byte> mark = stackalloc byte[2];
        bool isGzip = file.ReadAtLeast(mark, 2, throwOnEndOfStream: false) == 2 && mark is [0x1F, 0x8B];
        file.Position = 0;
        if (!isGzip) return file;
        longest *= DeflateRatio;
        return new GZipStream(file, CompressionMode.Decompress);
    }

    /// <summary>The other file of a pair; the path itself where it has not that ending. One may be compressed and the other not.</summary>
    private static string Sibling(string path, string from, string to)
    {
        foreach (string packed in (string[])["", ".gz"])
        {
            if (!path.EndsWith(from + packed, StringComparison.OrdinalIgnoreCase)) continue;
            string stem = path[..^(from.Length + packed.Length)];
            string same = stem + to + packed, other = stem + to + (packed.Length == 0 ? ".gz" : "");
            return !File.Exists(same) && File.Exists(other) ? other : same;
        }

        return path;
    }

    /// <summary>Bytes already read, then the stream after them.</summary>
    internal sealed class Rest(ReadOnlyMemory<byte> first, Stream then)
    {
        private ReadOnlyMemory<byte> first = first;

        /// <summary>Fills the target, or less where the file ends.</summary>
        public int Read(Span<byte> target)
        {
            int known = Math.Min(first.Length, target.Length);
            first.Span[..known].CopyTo(target);
            first = first[known..];
            return known + (known == target.Length ? 0 : then.ReadAtLeast(target[known..], target.Length - known, throwOnEndOfStream: false));
        }
    }
}
