namespace PaliGemma.Tasks;

/// <summary>Recognises objects that a model names twice: same label, and boxes that overlap by more than a threshold.</summary>
/// <param name="overlap">Largest intersection over union of two different objects, 0 … 1.</param>
public sealed class DuplicateFilter(float overlap)
{
    private readonly Dictionary<string, List<BoundingBox>> _seen = new(StringComparer.Ordinal);

    /// <summary>Whether an object is the first of its kind at its place; it is then remembered.</summary>
    public bool IsNew(DetectedObject found)
    {
        ArgumentNullException.ThrowIfNull(found);
        if (!_seen.TryGetValue(found.Label, out List<BoundingBox>? boxes))
        {
            _seen.Add(found.Label, boxes = []);
        }
        if (boxes.Exists(box => box.IntersectionOverUnion(found.Box) > overlap))
        {
            return false;
        }
        boxes.Add(found.Box);
        return true;
    }
}
