namespace PaliGemma.Checkpoints;

/// <summary>Room on the disk that a folder is on.</summary>
internal static class DiskSpace
{
    /// <exception cref="HubException">There is not enough.</exception>
    public static void Require(string folder, long bytes)
    {
        if (Free(folder) is long free && free < bytes)
        {
            throw new HubException($"The files still to download take {bytes:N0} bytes; the disk of {folder} has {free:N0} free.");
        }
    }

    /// <summary>
    /// Whether a write failed because the disk, or the user's share of it, is full: ENOSPC and EDQUOT, or their counterparts on Windows.
    /// </summary>
    public static bool IsExhausted(IOException error) => OperatingSystem.IsWindows()
        ? error.HResult is unchecked((int)0x80070070) or unchecked((int)0x80070027) or unchecked((int)0x80070510)
        : error.HResult is 28 || error.HResult == (OperatingSystem.IsMacOS() ? 69 : 122);

    /// <summary>Bytes that can be written; null where the file system does not say.</summary>
    private static long? Free(string folder)
    {
        try
        {
            DriveInfo drive = new(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder);
            return drive.TotalSize > 0 ? drive.AvailableFreeSpace : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
