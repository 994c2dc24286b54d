// RFC 9420. Nothing is here yet; the product exists so that importers can name it.
