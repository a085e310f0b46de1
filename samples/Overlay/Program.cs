// Draws found objects over a picture: dotnet run -- PICTURE OUTPUT.png "<loc0051><loc0310><loc0298><loc0627> ellipse"
// The third argument is what a model answers to 'detect ellipse'.
using PaliGemma.Imaging;
using PaliGemma.Tasks;

RgbImage picture = ImageFile.Load(args[0]);
TaskOutput answer = TaskOutputParser.ParseObjects(args[2], picture.Width, picture.Height);
PngWriter.Save(OverlayRenderer.Render(picture, answer.Objects), args[1]);
