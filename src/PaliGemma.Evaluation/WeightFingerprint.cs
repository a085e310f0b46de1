using System.IO.Hashing;
using PaliGemma.Checkpoints;

namespace PaliGemma.Evaluation;

/// <summary>Tells weights from others that lie in the same place.</summary>
public static class WeightFingerprint
{
    private const int PieceBytes = 1 << 22;

    /// <summary>The hash of a checkpoint's files, which are read whole.</summary>
    /// <param name="model">A model folder, or a file of weights.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <returns>32 hexadecimal digits.</returns>
    /// <exception cref="ModelFileException">There is no checkpoint, or it is damaged.</exception>
    public static string Of(string model, CancellationToken cancellation = default)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        XxHash128 hash = new();
        byte[] piece = new byte[PieceBytes];
        foreach (CheckpointFile file in checkpoint.Files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            hash.Append(BitConverter.GetBytes(file.Length));
            using FileStream stream = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            for (int read; (read = stream.Read(piece)) > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.Append(piece.AsSpan(0, read));
            }
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
